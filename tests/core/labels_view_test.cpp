#include "heed/core/labels_view.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace labels_view_test {

using heed::LabelsView;

TEST(LabelsView, OfAVectorOrASpanHasOneASequence) {
  const std::vector<std::int32_t> labels{3, 1, 4};
  for (const LabelsView view : {LabelsView(labels), LabelsView(std::span<const std::int32_t>(labels))}) {
    EXPECT_EQ(view.each(), 1);
    EXPECT_EQ(view.rows().extents(), (heed::Extents<2>{3, 1}));
    EXPECT_EQ(std::vector<std::int32_t>(view.begin(), view.end()), labels);
    EXPECT_EQ(view[2], 4);
  }
  EXPECT_EQ(LabelsView().each(), 1);
  EXPECT_TRUE(LabelsView().empty());
}

TEST(LabelsView, OfATensorHasOneAStep) {
  heed::Tensor<std::int32_t, 2> labels({2, 3}, {0, 1, 2, 3, 4, 5});
  const heed::TensorView<const std::int32_t, 2> rows = labels;
  for (const LabelsView view : {LabelsView(labels), LabelsView(labels.view()), LabelsView(rows)}) {
    EXPECT_EQ(view.each(), 3);
    EXPECT_EQ(view.rows().extent(0), 2);
    EXPECT_EQ(view.size(), 6U);
    EXPECT_EQ(view.data(), std::as_const(labels).data());
  }
  const std::span<const std::int32_t> all = LabelsView(labels);
  EXPECT_EQ(all.size(), 6U);
}

TEST(LabelsView, NeedsAtLeastOneASequence) {
  const std::vector<std::int32_t> labels{3, 1};
  for (const heed::Index each : {0, -1}) {
    EXPECT_THROW(LabelsView(std::span<const std::int32_t>(labels), each), heed::Error);
  }
}

}  // namespace labels_view_test
