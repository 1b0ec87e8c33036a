#include "heed/core/available_threads.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "heed/core/parallel.hpp"

namespace available_threads_test {

namespace fs = std::filesystem;
using heed::available_threads;
using heed::cpu_quota;

// A made-up /proc and /sys.
class AvailableThreads : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }
  void put(const std::string& path, const std::string& text) {
    fs::create_directories((root_ + path).substr(0, (root_ + path).rfind('/')));
    std::ofstream(root_ + path) << text;
  }
  void version2(const std::string& group, const std::string& top = "/") {
    put("/proc/self/cgroup", "0::" + group + "\n");
    put("/proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n31 23 0:28 " + top +
                                    " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup rw,nsdelegate\n");
  }
  void version1(const std::string& group, const std::string& top = "/") {
    put("/proc/self/cgroup", "5:cpuset:/elsewhere\n4:cpuacct,cpu:" + group + "\n1:name=systemd:/\n");
    put("/proc/self/mountinfo", "29 30 0:25 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n30 31 0:26 " + top +
                                    " /sys/fs/cgroup/cpu,cpuacct ro shared:9 - cgroup cgroup rw,cpu,cpuacct\n");
  }
  std::string root_ = (fs::temp_directory_path() /
                       ("heed_cgroup_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name())))
                          .string();
};

TEST_F(AvailableThreads, QuotaOfAContainerOfVersion2) {
  version2("/");
  put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 2);
  put("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_TRUE(std::isinf(cpu_quota(root_)));
}

TEST_F(AvailableThreads, LeastQuotaOfTheGroupsAround) {
  version2("/system.slice/a.service");
  put("/sys/fs/cgroup/system.slice/a.service/cpu.max", "400000 100000\n");
  put("/sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 1.5);
  put("/sys/fs/cgroup/system.slice/cpu.max", "max 100000\n");
  EXPECT_EQ(cpu_quota(root_), 4);
}

TEST_F(AvailableThreads, QuotaOfVersion1) {
  version1("/docker/12ab");
  put("/sys/fs/cgroup/cpu,cpuacct/docker/12ab/cpu.cfs_quota_us", "50000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/docker/12ab/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpu_quota(root_), 0.5);
  EXPECT_EQ(available_threads(root_), 1);
  put("/sys/fs/cgroup/cpu,cpuacct/docker/12ab/cpu.cfs_quota_us", "-1\n");
  EXPECT_TRUE(std::isinf(cpu_quota(root_)));
}

// Docker mounts the container's own group, and /proc tells its path on the host.
TEST_F(AvailableThreads, QuotaWhereTheMountIsTheGroup) {
  version1("/docker/12ab", "/docker/12ab");
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpu_quota(root_), 3);
  version2("/kubepods/pod7", "/kubepods/pod7");
  put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 1);
  EXPECT_EQ(available_threads(root_), 1);
}

TEST_F(AvailableThreads, WithoutAQuotaThoseOfTheMachine) {
  const int cpus = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_EQ(available_threads(root_), cpus) << "there are no such files";
  version2("/");
  put("/sys/fs/cgroup/cpu.max", "no numbers\n");
  EXPECT_EQ(available_threads(root_), cpus);
  put("/sys/fs/cgroup/cpu.max", "100000000 100000\n");
  EXPECT_EQ(available_threads(root_), cpus);
  put("/proc/self/mountinfo", "garbage\n\n1 2 3\n - - -\n");
  EXPECT_EQ(available_threads(root_), cpus);
}

TEST_F(AvailableThreads, AreThoseOfAPool) { EXPECT_EQ(heed::ThreadPool().size(), available_threads()); }

}  // namespace available_threads_test
