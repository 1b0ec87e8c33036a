#pragma once

// heed's errors become Python's heed.Error.

#include <nanobind/nanobind.h>

#include <exception>

#include "heed/core/error.hpp"

namespace heed_python {

namespace nb = nanobind;

inline nb::handle error_class;  // heed.Error, a ValueError; never given back: the interpreter may end before the module

inline void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const heed::Error& error) {
    PyErr_SetString(error_class.is_valid() ? error_class.ptr() : PyExc_ValueError, error.what());
  }
}

/// Each module of the package has it.
inline void bind_errors(nb::module_& m) {
  nb::register_exception_translator(translate);
  m.def("set_error_class", [](nb::object type) {
    if (!error_class.is_valid()) error_class = type.release();
  });
}

}  // namespace heed_python
