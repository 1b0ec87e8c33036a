#pragma once

/// @file
/// What the pickles of PyTorch hold: an inner part of pytorch.hpp.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA::detail {

/// The names outside of a pickle that may stand in it. None of them is ever called: they say how a tensor is described.
enum class TorchName {
  ordered_dict,  ///< collections.OrderedDict
  size,          ///< torch.Size
  tensor,        ///< torch._utils._rebuild_tensor_v2
  typed_tensor,  ///< torch._utils._rebuild_tensor_v3, of the types that have no storage class
  parameter,     ///< torch._utils._rebuild_parameter, and that with a state
  storage,       ///< torch.FloatStorage and its like
  bytes,         ///< torch.UntypedStorage
  element_type,  ///< torch.uint16 and its like
  mapping,       ///< collections.defaultdict, which becomes a dict
  inert          ///< what checkpoints hold beside tensors: values of it stand for nothing, and nothing in them is read
};

/// A name with the type of numbers that it stands for, if it does.
struct TorchGlobal {
  std::string_view module, name;
  TorchName meaning;
  DataType dtype = DataType::u8;
};

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  large_integer,  // of more than 64 bits: `at` and `size` of its bytes
  real,
  text,   // `at` and `size` of its UTF-8
  bytes,  // that it is there
  global,
  tuple,
  list,
  dict,  // keys and values, one after the other
  set,
  storage,
  tensor,
  object  // of an inert class
};

/// Small: a hostile pickle makes one of each byte. Texts stay where they are in the file, and what holds others stands
/// in a list.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::uint32_t size = 0;
  std::int64_t at = 0;  // the number, the place in the file or in a list, the position in the table of globals
};

/// Numbers one behind the other, in a record of the file.
struct TorchStorage {
  DataType dtype = DataType::u8;
  bool typed = true;     // else it is bytes, and the tensor says of what type
  std::string_view key;  // of the record
  Index count = 0;       // of elements
};

struct TorchTensor {
  std::size_t storage = 0;  // its place among the storages
  DataType dtype = DataType::f32;
  Index offset = 0;  // in elements
  std::vector<Index> extents, strides;
};

/// What a pickle says.
struct PickleContent {
  PickleValue root;
  std::vector<std::vector<PickleValue>> nodes;  // tuples, lists, dicts and sets
  std::vector<TorchStorage> storages;
  std::vector<TorchTensor> tensors;
};

inline constexpr std::array<TorchGlobal, 85> torch_globals = {{
    {"collections", "OrderedDict", TorchName::ordered_dict},
    {"torch", "Size", TorchName::size},
    {"torch._utils", "_rebuild_tensor_v2", TorchName::tensor},
    {"torch._utils", "_rebuild_tensor_v3", TorchName::typed_tensor},
    {"torch._utils", "_rebuild_tensor", TorchName::tensor},
    {"torch._utils", "_rebuild_parameter", TorchName::parameter},
    {"torch._utils", "_rebuild_parameter_with_state", TorchName::parameter},
    {"torch", "FloatStorage", TorchName::storage, DataType::f32},
    {"torch", "DoubleStorage", TorchName::storage, DataType::f64},
    {"torch", "HalfStorage", TorchName::storage, DataType::f16},
    {"torch", "BFloat16Storage", TorchName::storage, DataType::bf16},
    {"torch", "LongStorage", TorchName::storage, DataType::i64},
    {"torch", "IntStorage", TorchName::storage, DataType::i32},
    {"torch", "ShortStorage", TorchName::storage, DataType::i16},
    {"torch", "CharStorage", TorchName::storage, DataType::i8},
    {"torch", "ByteStorage", TorchName::storage, DataType::u8},
    {"torch", "BoolStorage", TorchName::storage, DataType::boolean},
    {"torch", "ComplexFloatStorage", TorchName::storage, DataType::c64},
    {"torch", "UntypedStorage", TorchName::bytes},
    {"torch.storage", "UntypedStorage", TorchName::bytes},
    {"torch.storage", "_UntypedStorage", TorchName::bytes},
    {"torch", "float32", TorchName::element_type, DataType::f32},
    {"torch", "float64", TorchName::element_type, DataType::f64},
    {"torch", "float16", TorchName::element_type, DataType::f16},
    {"torch", "bfloat16", TorchName::element_type, DataType::bf16},
    {"torch", "int64", TorchName::element_type, DataType::i64},
    {"torch", "int32", TorchName::element_type, DataType::i32},
    {"torch", "int16", TorchName::element_type, DataType::i16},
    {"torch", "int8", TorchName::element_type, DataType::i8},
    {"torch", "uint64", TorchName::element_type, DataType::u64},
    {"torch", "uint32", TorchName::element_type, DataType::u32},
    {"torch", "uint16", TorchName::element_type, DataType::u16},
    {"torch", "uint8", TorchName::element_type, DataType::u8},
    {"torch", "bool", TorchName::element_type, DataType::boolean},
    {"torch", "complex64", TorchName::element_type, DataType::c64},
    {"torch", "float8_e5m2", TorchName::element_type, DataType::f8_e5m2},
    {"torch", "float8_e4m3fn", TorchName::element_type, DataType::f8_e4m3},
    {"torch", "float8_e8m0fnu", TorchName::element_type, DataType::f8_e8m0},
    {"collections", "defaultdict", TorchName::mapping},
    {"torch", "device", TorchName::inert},
    {"torch.torch_version", "TorchVersion", TorchName::inert},
    {"torch.serialization", "_get_layout", TorchName::inert},
    {"collections", "Counter", TorchName::inert},
    {"collections", "deque", TorchName::inert},
    {"builtins", "set", TorchName::inert},
    {"builtins", "frozenset", TorchName::inert},
    {"builtins", "complex", TorchName::inert},
    {"builtins", "range", TorchName::inert},
    {"builtins", "slice", TorchName::inert},
    {"builtins", "bytearray", TorchName::inert},
    {"builtins", "dict", TorchName::inert},
    {"builtins", "list", TorchName::inert},
    {"builtins", "int", TorchName::inert},
    {"builtins", "float", TorchName::inert},
    {"builtins", "str", TorchName::inert},
    {"builtins", "bool", TorchName::inert},
    {"__builtin__", "set", TorchName::inert},
    {"__builtin__", "frozenset", TorchName::inert},
    {"__builtin__", "complex", TorchName::inert},
    {"__builtin__", "xrange", TorchName::inert},
    {"__builtin__", "slice", TorchName::inert},
    {"__builtin__", "bytearray", TorchName::inert},
    {"__builtin__", "dict", TorchName::inert},
    {"__builtin__", "list", TorchName::inert},
    {"__builtin__", "int", TorchName::inert},
    {"__builtin__", "float", TorchName::inert},
    {"__builtin__", "unicode", TorchName::inert},
    {"_codecs", "encode", TorchName::inert},
    {"numpy", "dtype", TorchName::inert},
    {"numpy", "ndarray", TorchName::inert},
    {"numpy.core.multiarray", "scalar", TorchName::inert},
    {"numpy.core.multiarray", "_reconstruct", TorchName::inert},
    {"numpy._core.multiarray", "scalar", TorchName::inert},
    {"numpy._core.multiarray", "_reconstruct", TorchName::inert},
    {"datetime", "datetime", TorchName::inert},
    {"datetime", "date", TorchName::inert},
    {"datetime", "timedelta", TorchName::inert},
    {"decimal", "Decimal", TorchName::inert},
    {"fractions", "Fraction", TorchName::inert},
    {"argparse", "Namespace", TorchName::inert},
    {"types", "SimpleNamespace", TorchName::inert},
    {"pathlib", "PosixPath", TorchName::inert},
    {"pathlib", "WindowsPath", TorchName::inert},
    {"pathlib", "PurePosixPath", TorchName::inert},
    {"pathlib", "PureWindowsPath", TorchName::inert},
}};

/// The one of that name, or null.
HEED_COLD inline const TorchGlobal* find_torch_global(std::string_view module, std::string_view name) {
  const auto found = std::find_if(torch_globals.begin(), torch_globals.end(),
                                  [&](const TorchGlobal& g) { return g.module == module && g.name == name; });
  return found == torch_globals.end() ? nullptr : &*found;
}

}  // namespace heed::inline HEED_ISA::detail
