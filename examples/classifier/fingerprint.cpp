#include <span>
#include <string>

#include "heed/core/visit.hpp"
#include "training.hpp"

namespace classifier {

template <class M>
std::string fingerprint(const Task<M>& task, const StoredModel<M>* init) {
  std::string text;
  const auto add = [&](const auto& numbers) {
    const auto bytes = std::as_bytes(std::span(numbers.data(), static_cast<std::size_t>(numbers.size())));
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (const auto* data : {&task.train, task.test ? &*task.test : nullptr}) {
    if (!data) continue;
    text += describe(*data) + counted(data->sequences.features(), " feature", " features");
    add(data->classes);
    add(data->sequences.lengths);
  }
  if (task.numbers.relative) text += "changes from the last value\n";
  add(task.targets.exact);
  add(task.test_targets.exact);
  for (const auto* names : {&task.names.names, &task.words}) {
    for (const std::string& name : *names) text += name + '\n';
  }
  if (init) heed::for_each_parameter([&](const heed::Path&, const auto& p) { add(p); }, init->model);
  return text;
}

template std::string fingerprint(const Task<NumberModel>&, const StoredModel<NumberModel>*);
template std::string fingerprint(const Task<TextModel>&, const StoredModel<TextModel>*);

}  // namespace classifier
