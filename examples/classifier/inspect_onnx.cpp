#include "inspect_onnx.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "../support/terminal.hpp"
#include "onnx_content.hpp"

namespace classifier {

using namespace support;

namespace {

std::string name_of_type(int type) {
  static const std::map<int, std::string> names = {{1, "F32"},  {6, "I32"},  {7, "I64"},
                                                   {9, "BOOL"}, {10, "F16"}, {11, "F64"}};
  const auto found = names.find(type);
  return found == names.end() ? "type " + std::to_string(type) : found->second;
}

void print_names(const char* what, const std::vector<std::string>& names) {
  std::printf("%-13s", what);
  for (const std::string& name : names) std::printf(" %s", printable(name).c_str());
  std::printf("\n");
}

void print(const OnnxContent& content) {
  std::printf("ONNX, opset %lld, by %s %s\n", static_cast<long long>(content.opset),
              printable(content.producer).c_str(), printable(content.version).c_str());
  constexpr std::size_t longest = 200;
  for (const auto& [key, value] : content.metadata) {
    const bool cut = value.size() > longest;
    std::printf("  %-13s  %s%s\n", printable(key).c_str(), printable(value.substr(0, longest)).c_str(),
                cut ? "..." : "");
  }
  print_names("inputs", content.inputs);
  print_names("outputs", content.outputs);
  std::printf("operators\n");
  for (const auto& [name, count] : content.operators) std::printf("  %-34s %10d\n", printable(name).c_str(), count);
  std::printf("tensors\n");
  for (const OnnxContent::Tensor& tensor : content.tensors) {
    std::string extents;
    for (const std::int64_t extent : tensor.extents) extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
    std::printf("  %-34s %-5s %16s\n", printable(tensor.name).c_str(), name_of_type(tensor.type).c_str(),
                ('(' + extents + ')').c_str());
  }
}

}  // namespace

void inspect_onnx(const std::filesystem::path& path) { print(read_onnx_content(path)); }

}  // namespace classifier
