#pragma once

/// @file
/// Reads the tensors of files that PyTorch's `torch.save` writes, without Python. Opt-in: component heed::pytorch.
///
///     heed::load_weights(model, "model.pt", {.rename = {{"rnn", "lstm"}}});
///     auto model = heed::load<heed::SequenceClassifier<float>>("model.pt");

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/files/zip.hpp"
#include "heed/io/safetensors_load.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/io/weight_names.hpp"

namespace heed::inline HEED_ISA {

/// Options for reading a PyTorch file.
struct PyTorchOptions {
  /// Decompresses archives that somebody has compressed: `unzip` of heed/archive/unzip.hpp. `torch.save` does not
  /// compress.
  Unpack unpack = {};
};

/// A file written by `torch.save(model.state_dict(), path)`, or a checkpoint: dicts, lists and tuples with tensors
/// among numbers and texts. The keys and positions on the way to a tensor form its name:
/// "model_state_dict.rnn.weight_ih_l0". `WeightsOptions` with `{.prefix = "model_state_dict"}` takes the tensors below
/// that key. A tensor may be any view of its storage: a part, transposed, expanded, shared with others.
///
/// Reading runs no code of the file: the pickle is interpreted by a machine that knows only dicts, lists, tuples,
/// texts, numbers and descriptions of tensors. The file's size bounds its memory. It reads files of PyTorch 1.6 and
/// later and of earlier versions, pickle protocols 2 to 5, little- and big-endian. Throws if a file is malformed, if it
/// contains an object (`torch.save(model)`) or a tensor larger than itself, or if it is compressed and there is no
/// `unpack`. The error names file and place.
class PyTorchFile : public TensorFile {
 public:
  /// Reads the whole file.
  explicit PyTorchFile(const std::filesystem::path& path, const PyTorchOptions& options = {});
  /// A view of the caller's bytes, which must outlive this object. `name` is used in messages.
  explicit PyTorchFile(std::span<const std::byte> bytes, std::string name = "memory");
  /// Takes over the bytes.
  explicit PyTorchFile(std::vector<std::byte>&& bytes, std::string name = "memory");
};

/// Reads a model file, safetensors or PyTorch's. Its first bytes tell which, whatever its name. Throws as
/// `SafetensorsFile` and `PyTorchFile` do.
TensorFile read_weights(const std::filesystem::path& path, const PyTorchOptions& options = {});
/// From the bytes of a file.
TensorFile read_weights(std::vector<std::byte>&& bytes, std::string name = "memory");

namespace detail {
/// With this header, `load` and `load_weights` of a path read PyTorch's files too, in all sources of the program.
inline const bool paths_may_be_pytorch = [] {
  read_path = [](const std::filesystem::path& path) { return read_weights(path); };
  return true;
}();
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <optional>
#include <string_view>

#include "heed/convert/detail/torch_legacy.hpp"
#include "heed/convert/detail/torch_names.hpp"
#include "heed/convert/detail/torch_records.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/files/file.hpp"
#include "heed/io/safetensors_file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The place of the last element of a tensor that has any, in elements; nothing where it does not fit 63 bits.
HEED_COLD HEED_FUNCTION std::optional<Index> last_element(const TorchTensor& tensor) {
  Index last = tensor.offset;
  for (std::size_t axis = 0; axis < tensor.extents.size(); ++axis) {
    Index step = 0;
    if (__builtin_mul_overflow(tensor.extents[axis] - 1, tensor.strides[axis], &step) ||
        __builtin_add_overflow(last, step, &last)) {
      return std::nullopt;
    }
  }
  return last;
}

/// Whether elements stand one behind the other in row-major order. Strides of axes of one element say nothing.
HEED_COLD HEED_FUNCTION bool is_row_major(const TorchTensor& tensor) {
  Index expected = 1;
  for (std::size_t axis = tensor.extents.size(); axis-- > 0;) {
    if (tensor.extents[axis] != 1 && tensor.strides[axis] != expected) return false;
    expected *= tensor.extents[axis];
  }
  return true;
}

/// Throws where elements would stand outside of the storage, or be more than all records have.
HEED_COLD HEED_FUNCTION TensorInfo tensor_info(NamedTorchTensor named, const TorchParts& parts, std::size_t data_bytes,
                                               const std::string& file) {
  const TorchTensor& tensor = *named.tensor;
  const TorchRecord& record = parts.records.at(parts.content.storages[tensor.storage].key);
  TensorInfo info{std::move(named.name), tensor.dtype, tensor.extents, record.begin, record.begin};
  const auto bytes = byte_count(tensor.extents, tensor.dtype);
  const std::string what = std::string(name_of(tensor.dtype)) + ' ' + to_text(tensor.extents);
  require(bytes && *bytes <= data_bytes, [&] {
    return Fault{"a tensor larger than its file", place(file, info), "at most " + std::to_string(data_bytes) + " bytes",
                 what};
  });
  if (*bytes == 0) return info;
  const auto last = last_element(tensor);
  const std::size_t size = size_of(tensor.dtype), count = record.size / size;
  require(last && std::cmp_less(*last, count), [&] {
    return Fault{"a tensor outside of its storage", place(file, info), "at most " + std::to_string(count) + " elements",
                 what + " from element " + std::to_string(tensor.offset) + " with strides " + to_text(tensor.strides)};
  });
  info.begin += static_cast<std::size_t>(tensor.offset) * size;
  info.end += (static_cast<std::size_t>(*last) + 1) * size;
  if (is_row_major(tensor)) return info;
  info.strides = tensor.strides;
  for (std::size_t axis = 0; axis < info.strides.size(); ++axis) {
    if (tensor.extents[axis] == 1) info.strides[axis] = 0;  // it may be any number, and a step of it overflow
  }
  return info;
}

HEED_COLD HEED_FUNCTION TorchParts torch_parts(std::span<const std::byte> file, const std::string& name,
                                               const TorchArchive::Unpacked& unpack) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("PK\x03\x04")) return parts_of_archive(file, name, unpack);
  if (text.starts_with("\x80")) return TorchLegacy(file, name).run();
  const bool tar = text.size() > 262 && text.substr(257, 5) == "ustar";
  std::string other = tar ? "a tar archive: a current PyTorch reads it and saves it anew" : other_format(file);
  throw Error(Fault{"no file of PyTorch", name, "one as torch.save(model.state_dict(), path) writes", other});
}

HEED_COLD HEED_FUNCTION TensorFile read_pytorch(std::span<const std::byte> file, const std::string& name,
                                                std::vector<std::byte>&& owner,
                                                const TorchArchive::Unpacked& unpack) try {
  TorchParts parts = torch_parts(file, name, unpack);
  const std::size_t size = parts.copied ? parts.copy.size() : file.size();
  std::vector<TensorInfo> tensors;
  for (NamedTorchTensor& named : TorchNaming(parts.content, parts.pickle, name).run()) {
    tensors.push_back(tensor_info(std::move(named), parts, size, name));
  }
  check_names(tensors, name);
  if (parts.copied) owner = std::move(parts.copy);
  const std::span<const std::byte> data = parts.copied ? std::span<const std::byte>(owner) : file;
  return {name, {}, std::move(tensors), data, std::move(owner)};
} catch (...) {
  rethrow_as_error(name);
}

/// How members of the archive at this path are unpacked.
HEED_COLD HEED_FUNCTION TorchArchive::Unpacked unpacking(const std::filesystem::path& path, const Unpack& unpack) {
  if (!unpack) return {};
  return [path, unpack](const std::string& member) { return unpack(path, member); };
}

HEED_COLD HEED_FUNCTION TensorFile read_pytorch(std::vector<std::byte>&& bytes, const std::string& name,
                                                const TorchArchive::Unpacked& unpack = {}) {
  return read_pytorch(std::span<const std::byte>(bytes), name, std::move(bytes), unpack);
}

HEED_COLD HEED_FUNCTION TensorFile read_weights(std::vector<std::byte>&& bytes, const std::string& name,
                                                const TorchArchive::Unpacked& unpack) {
  const bool pickle = bytes.size() > 1 && bytes[0] == std::byte{0x80} && bytes[1] < std::byte{8};
  const bool archive = bytes.size() > 1 && bytes[0] == std::byte{'P'} && bytes[1] == std::byte{'K'};
  if (!(pickle || archive) || (bytes.size() > 8 && bytes[8] == std::byte{'{'})) {
    return SafetensorsFile(std::move(bytes), name);
  }
  return read_pytorch(std::move(bytes), name, unpack);
}

}  // namespace detail

HEED_COLD HEED_FUNCTION PyTorchFile::PyTorchFile(const std::filesystem::path& path, const PyTorchOptions& options) try
    : TensorFile(detail::read_pytorch(read_file(path), path.string(), detail::unpacking(path, options.unpack))) {
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION PyTorchFile::PyTorchFile(std::span<const std::byte> bytes, std::string name)
    : TensorFile(detail::read_pytorch(bytes, name, {}, {})) {}

HEED_COLD HEED_FUNCTION PyTorchFile::PyTorchFile(std::vector<std::byte>&& bytes, std::string name)
    : TensorFile(detail::read_pytorch(std::move(bytes), name)) {}

HEED_COLD HEED_FUNCTION TensorFile read_weights(const std::filesystem::path& path, const PyTorchOptions& options) try {
  const auto unpack = detail::unpacking(path, options.unpack);
  return detail::read_weights(read_file(path), path.string(), unpack);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION TensorFile read_weights(std::vector<std::byte>&& bytes, std::string name) {
  return detail::read_weights(std::move(bytes), name, {});
}

}  // namespace heed::inline HEED_ISA

#endif
