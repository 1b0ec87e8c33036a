#pragma once

#include <string>

#include "heed/core/error.hpp"

namespace test_support {

/// The text of the `heed::Error` that f throws; "no error" where it throws none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const heed::Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace test_support
