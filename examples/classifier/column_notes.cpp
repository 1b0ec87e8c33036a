// What the trainer asks about the columns of a table.

#include <cstddef>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "heed/data/table_format.hpp"
#include "training.hpp"

namespace classifier {

using heed::Index;

namespace {

// Rows of a table look like the steps of sequences if the first column stays for some rows, and the second one counts up
// meanwhile and begins anew.
void note_rows_of_steps(const heed::Sequences<double>& rows, const Columns& columns,
                        const std::filesystem::path& path) {
  const Index n = rows.count();
  if (n < 6 || rows.features() != 1 || rows.steps() < 3 || !rows.lengths.empty() || !rows.mask.empty()) return;
  std::set<double> blocks{rows.x(0, 0, 0)};
  bool begins_anew = false;
  for (Index i = 1; i < n; ++i) {
    const bool same = rows.x(i, 0, 0) == rows.x(i - 1, 0, 0), rises = rows.x(i, 1, 0) > rows.x(i - 1, 1, 0);
    if (same ? !rises : !blocks.insert(rows.x(i, 0, 0)).second) return;
    begins_anew = begins_anew || (!same && !rises);
  }
  if (!begins_anew || std::ssize(blocks) * 2 > n) return;
  const std::vector<std::string> names = heed::detail::names_in(columns.values);
  const bool named = names.size() > 1;
  std::fprintf(stderr, "%s: rows look like steps of %zu sequences: --sequence-column %s --time-column %s\n",
               path.string().c_str(), blocks.size(), named ? names[0].c_str() : "NAME",
               named ? names[1].c_str() : "NAME");
}

// A feature of a long table without a column of times may be that if it rises in each sequence.
void note_rising_features(const heed::Sequences<double>& all, const Columns& columns,
                          const std::filesystem::path& path) {
  if (columns.sequence.empty() || !columns.time.empty() || all.count() < 2) return;
  for (Index f = 0; f < all.features(); ++f) {
    bool rises = true;
    for (Index i = 0; i < all.count() && rises; ++i) {
      const Index steps = all.lengths.empty() ? all.steps() : all.lengths[static_cast<std::size_t>(i)];
      for (Index t = 1; t < steps; ++t) rises = rises && all.x(i, t, f) > all.x(i, t - 1, f);
      rises = rises && steps > 2;
    }
    if (!rises) continue;
    const bool named = f < std::ssize(columns.names);
    const std::string name = named ? columns.names[static_cast<std::size_t>(f)] : std::to_string(f);
    std::fprintf(stderr, "%s: feature %s rises in each sequence; if it is the time, --time-column %s\n",
                 path.string().c_str(), name.c_str(), named ? name.c_str() : "NAME");
  }
}

// A table does not say how many of its numbers are one step.
bool features_are_open(const TrainArguments& a, const Task<NumberModel>& task) {
  const bool rows = !task.numbers.forecast() && task.columns.sequence.empty();
  return rows && a.data && is_table(a.data->data) && a.init.empty() && !a.architecture.features;
}

}  // namespace

void note_columns(const TrainArguments& a, const Task<NumberModel>& task) {
  if (a.data) note_rising_features(task.exact, task.columns, a.data->data);
  if (features_are_open(a, task)) note_rows_of_steps(task.exact, task.columns, a.data->data);
}

void print_features(const TrainArguments& a, const Task<NumberModel>& task) {
  if (!features_are_open(a, task)) return;
  std::printf("%s of 1 feature: --features F where a step has more\n",
              counted(task.train.sequences.steps(), "step", "steps").c_str());
}

}  // namespace classifier
