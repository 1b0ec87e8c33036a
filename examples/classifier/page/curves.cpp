#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "../../support/svg_charts.hpp"
#include "training_log.hpp"

namespace classifier::page {

namespace {

using Record = heed::EpochRecord;
using Member = double Record::*;

// nothing where the run has none of the three
std::string panel(const TrainingLog& log, const std::string& what, Member training, Member validation, Member test) {
  std::vector<support::ChartLine> lines;
  const std::pair<const char*, Member> all[] = {{"training", training}, {"validation", validation}, {"test", test}};
  for (std::size_t k = 0; k < 3; ++k) {
    support::ChartLine line{all[k].first, "c" + std::to_string(k), {}};
    bool any = false;
    for (const Record& record : log.epochs) {
      line.points.emplace_back(static_cast<double>(record.epoch), record.*all[k].second);
      any = any || std::isfinite(line.points.back().second);
    }
    if (any) lines.push_back(std::move(line));
  }
  if (lines.empty()) return {};
  return support::figure(
      support::line_chart({what + " over epochs", "the " + what + " after each epoch", "epoch", what}, lines),
      what == "loss" ? "Loss over epochs." : "Accuracy over epochs.");
}

}  // namespace

Section curve_section(const std::filesystem::path& path, CurveKind kind) {
  const std::string title = "Training";
  if (path.empty() && kind.closed_form) {
    return {"training", title, "<p>This model is made of random convolutions: training writes no log of epochs.</p>\n"};
  }
  if (path.empty()) {
    return {"training", title,
            "<p>The model's file does not keep how training went. With <code>--log FILE</code> this part shows the log "
            "that <code>classifier train --log FILE</code> wrote. Models of several members have none.</p>\n"};
  }
  const TrainingLog log = read_log(path);
  const std::string name = "<code>" + support::html(path.filename().string()) + "</code>";
  if (log.epochs.empty()) return {"training", title, "<p>The log " + name + " has no epochs.</p>\n"};
  std::string body = "<p>From the log " + name + ": " + std::to_string(log.epochs.size()) +
                     (log.epochs.size() == 1 ? " epoch" : " epochs");
  if (log.epochs.back().seconds > 0) body += " in " + support::short_number(log.epochs.back().seconds, 3) + " seconds";
  body += kind.numbers ? ". The loss is of targets scaled to deviation 1.</p>\n" : ".</p>\n";
  if (log.runs > 1) {
    body += "<p class=\"note\">The log holds " + std::to_string(log.runs) + " runs. The last one is shown.</p>\n";
  }
  body += "<div class=\"charts\">" + panel(log, "loss", &Record::loss, &Record::validation_loss, &Record::test_loss) +
          panel(log, "accuracy", &Record::accuracy, &Record::validation_accuracy, &Record::test_accuracy) + "</div>\n";
  return {"training", title, body};
}

}  // namespace classifier::page
