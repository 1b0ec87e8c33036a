#include "train_outputs.hpp"

#include <cstddef>
#include <cstdio>
#include <filesystem>

#include "heed/core/error.hpp"
#include "heed/data/load.hpp"
#include "heed/train/callbacks.hpp"
#include "heed/train/loggers.hpp"
#include "model_arguments.hpp"

namespace classifier {

void check_outputs(const TrainArguments& a) {
  const auto outputs = a.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check_output(outputs[i], a.inputs());
    for (std::size_t k = 0; k < i; ++k) {
      heed::require(outputs[i].lexically_normal() != outputs[k].lexically_normal(), [&] {
        return heed::Fault{"model, history, log, curve and checkpoint need files of their own", outputs[i].string()};
      });
    }
  }
  heed::require(a.checkpoint.empty() || a.resume || !std::filesystem::exists(a.checkpoint), [&] {
    return heed::Fault{"there is a checkpoint already: --resume goes on from it; remove it to start anew",
                       a.checkpoint.string()};
  });
}

void add_callbacks(TrainArguments& a, bool talks, bool live, const Processes& processes) {
  auto& callbacks = a.fit.callbacks;
  if (talks) callbacks.push_back(live ? heed::live_progress(stdout) : heed::plain_progress(stdout));
  if (a.log.empty() || !processes.first()) return;
  callbacks.push_back(heed::detail::extension(a.log) == ".csv" ? heed::csv_logger(a.log) : heed::json_logger(a.log));
}

}  // namespace classifier
