#include "heed/options/output_kind.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "../support/error_of.hpp"
#include "heed/options/model_metadata.hpp"

namespace output_kind_test {

using heed::OutputKind;

struct Remembers {
  OutputKind outputs = OutputKind::classes;
};
struct Always {
  static constexpr OutputKind outputs = OutputKind::numbers;
};
struct CountsOutputs {  // a member of that name may be anything
  int outputs = 3;
};

TEST(OutputKind, IsWhatTheModelSays) {
  EXPECT_EQ(heed::output_kind(Remembers{OutputKind::flags}), OutputKind::flags);
  EXPECT_EQ(heed::output_kind(Always()), OutputKind::numbers);
  EXPECT_EQ(heed::output_kind(CountsOutputs()), OutputKind::classes);
  static_assert(heed::RemembersOutputs<Remembers>);
  static_assert(!heed::RemembersOutputs<Always> && !heed::RemembersOutputs<CountsOutputs>);
}

template <class T>
struct SomeLoss {
  using Target = T;
};
struct LossOfFlags {
  using Target = float;
  static constexpr OutputKind output_kind = OutputKind::flags;
};

TEST(OutputKind, OfALossFollowsFromItsTargets) {
  static_assert(heed::outputs_of_loss<SomeLoss<std::int32_t>>() == OutputKind::classes);
  static_assert(heed::outputs_of_loss<SomeLoss<double>>() == OutputKind::numbers);
  static_assert(heed::outputs_of_loss<LossOfFlags>() == OutputKind::flags);
}

TEST(OutputKind, GoesIntoFilesWhereItIsNotClasses) {
  EXPECT_EQ(heed::metadata_of(Remembers()), heed::Metadata());
  const heed::Metadata said = heed::metadata_of(Remembers{OutputKind::numbers});
  EXPECT_EQ(said, (heed::Metadata{{"output_kind", "numbers"}}));
  Remembers model{OutputKind::flags};
  heed::restore_extras(model, said);
  EXPECT_EQ(model.outputs, OutputKind::numbers);
  heed::restore_extras(model, {});
  EXPECT_EQ(model.outputs, OutputKind::classes);
  EXPECT_EQ(test_support::error_of([&] { heed::restore_extras(model, {{"output_kind", "words"}}); }),
            "metadata \"output_kind\": wrong value (expected one of classes, flags, numbers, got \"words\")");
}

}  // namespace output_kind_test
