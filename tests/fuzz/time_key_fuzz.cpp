// A fuzzer of the order of points in time: three lines are three times. Sorting needs a strict weak order.

#include <algorithm>
#include <array>
#include <string_view>

#include "fuzz/reading.hpp"
#include "heed/data/detail/written_date.hpp"
#include "heed/data/time_key.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using heed::fuzz::require_that;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<heed::TimeKey, 3> t;
  for (heed::TimeKey& key : t) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, end);
    key = heed::time_key(text);
    if (const auto date = heed::detail::written_date(text)) {
      bool readable = false;
      for (const heed::DateOrder order : {heed::DateOrder::automatic, heed::DateOrder::day_first,
                                          heed::DateOrder::month_first, heed::DateOrder::year_first}) {
        const auto written = date->in(order);
        readable = readable || written;
        if (written && (order == heed::DateOrder::automatic || !date->known)) key = *written;
      }
      require_that(readable || !date->known, "a date whose numbers are known is one");
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (t[0].kind != t[1].kind || t[1].kind != t[2].kind) return 0;  // of one column
  const auto same = [](const auto& a, const auto& b) { return !before(a, b) && !before(b, a); };
  require_that(same(t[0], t[0]), "a time does not come before itself");
  require_that(!before(t[0], t[1]) || !before(t[1], t[0]), "two times do not come before each other");
  require_that(!before(t[0], t[1]) || !before(t[1], t[2]) || before(t[0], t[2]), "the order is transitive");
  require_that(!same(t[0], t[1]) || !same(t[1], t[2]) || same(t[0], t[2]), "so is that of equal times");
  return 0;
}
