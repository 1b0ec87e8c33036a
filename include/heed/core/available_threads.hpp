#pragma once

/// @file
/// How many threads are useful: the CPUs of the machine, within the limits of a container.

#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/isa.hpp"

namespace heed::inline HEED_ISA {

/// The CPU time that the control groups of this process allow, in CPUs: the smallest quota of its group and of the
/// groups around it, for cgroup v1 (`cpu.cfs_quota_us`) and v2 (`cpu.max`). Infinite if there is no quota. `root` is
/// put before the paths in /proc and /sys.
double cpu_quota(const std::string& root = "");

/// The number of CPUs that this process may run on, or its quota (rounded up) if that is smaller; at least 1.
int available_threads(const std::string& root = "");

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

namespace heed::inline HEED_ISA {

namespace detail {

/// whether a list like "cpu,cpuacct" contains "cpu"
HEED_COLD HEED_FUNCTION bool names_cpu(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (list.substr(0, end) == "cpu") return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// The quota of one group; infinite if it has none.
HEED_COLD HEED_FUNCTION double quota_of_group(const std::string& folder, bool second) {
  double quota = -1, period = 0;
  if (second) {
    std::ifstream(folder + "/cpu.max") >> quota >> period;  // "max 100000" leaves both unread
  } else {
    std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;  // -1: none
    std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  }
  return quota > 0 && period > 0 ? quota / period : std::numeric_limits<double>::infinity();
}

/// The smallest quota of a group and of the groups around it, up to the mount point of their file system.
HEED_COLD HEED_FUNCTION double quota_up_from(const std::string& mount, std::string group, bool second) {
  double least = std::numeric_limits<double>::infinity();
  while (true) {
    least = std::min(least, quota_of_group(mount + group, second));
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

}  // namespace detail

HEED_COLD HEED_FUNCTION double cpu_quota(const std::string& root) {
  const DefaultFloatingMode mode;
  std::map<bool, std::string> groups;  // by whether it is version 2
  std::ifstream own(root + "/proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (controllers.empty() || detail::names_cpu(controllers)) groups[controllers.empty()] = line.substr(second + 1);
  }
  // "31 23 0:29 /group-at-the-mount /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu"
  double least = std::numeric_limits<double>::infinity();
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string ignored, top, place, kind, options;
    fields >> ignored >> ignored >> ignored >> top >> place;
    while (fields >> ignored && ignored != "-") {
    }
    fields >> kind >> ignored >> options;
    const bool second = kind == "cgroup2";
    if (!second && (kind != "cgroup" || !detail::names_cpu(options))) continue;
    const auto group = groups.find(second);
    if (group == groups.end()) continue;
    // the mounted directory may itself be a group, as in a container that does not see the groups around it
    std::string within = group->second;
    if (top != "/" && within.starts_with(top)) within.erase(0, top.size());
    if (within == "/") within.clear();
    least = std::min(least, detail::quota_up_from(root + place, std::move(within), second));
  }
  return least;
}

HEED_COLD HEED_FUNCTION int available_threads(const std::string& root) {
  const int cpus = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  // compilers divide and convert ahead of a branch, and a caller may trap what they get from no quota
  const DefaultFloatingMode mode;
  const double threads = std::min(std::ceil(cpu_quota(root)), static_cast<double>(cpus));
  return std::max(1, static_cast<int>(threads));
}

}  // namespace heed::inline HEED_ISA

#endif
