// Files of POSIX: permissions, links, devices, pipes, mounts, limits.
#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/mount.h>
#endif

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "support.hpp"

namespace posix_test {

namespace fs = std::filesystem;
using files_test::File;

TEST_F(File, NewFilesHaveThePermissionsTheUmaskLeaves) {
  const mode_t old = ::umask(0027);
  heed::write_file(folder / "a", "x");
  ::umask(old);
  EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms(0640));
}

TEST_F(File, ReplacingAFileKeepsItsPermissions) {
  heed::write_file(folder / "a", "x");
  fs::permissions(folder / "a", fs::perms(0600));
  heed::write_file(folder / "a", "y");
  EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms(0600));
  EXPECT_EQ(text(folder / "a"), "y");
}

TEST_F(File, FollowsALink) {
  heed::write_file(folder / "a", "old");
  fs::create_symlink("a", folder / "link");
  heed::write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text(folder / "a"), "new");
}

TEST_F(File, FollowsALinkToWhatIsNotThereYet) {
  fs::create_directories(folder / "there");
  fs::create_symlink("there/a", folder / "link");
  fs::create_symlink("link", folder / "other");
  heed::check_writable(folder / "other");
  heed::write_file(folder / "other", "x");
  EXPECT_EQ(text(folder / "there" / "a"), "x");
  EXPECT_TRUE(fs::is_symlink(folder / "link") && fs::is_symlink(folder / "other"));
  fs::create_symlink("nowhere/a", folder / "lost");
  EXPECT_NE(error([&] { heed::check_writable(folder / "lost"); }).find("No such file"), std::string::npos);
}

TEST_F(File, CheckingFindsNamesThatCannotBe) {
  fs::create_symlink("loop", folder / "loop");
  heed::write_file(folder / "file", "x");
  for (const fs::path& path : {folder / std::string(256, 'n'), folder / "loop", folder / "file" / "a"}) {
    EXPECT_NE(error([&] { heed::check_writable(path); }).find("cannot"), std::string::npos) << path;
    EXPECT_NE(error([&] { heed::write_file(path, "x"); }).find("cannot"), std::string::npos) << path;
  }
  EXPECT_TRUE(fs::is_symlink(folder / "loop"));
}

TEST_F(File, TakesNamesOfAnyLengthTheSystemTakes) {
  const std::string name(255, 'n');
  heed::write_file(folder / name, "x");
  EXPECT_EQ(text(folder / name), "x");
  EXPECT_NE(error([&] { heed::write_file(folder / (name + 'n'), "x"); }).find("File name too long"), std::string::npos);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, WritesDevicesAndPipesDirectly) {
  heed::write_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));

  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = text(folder / "pipe"); });
  const std::string sent(200'000, 'p');
  heed::write_file(folder / "pipe", sent);
  reader.join();
  EXPECT_EQ(received, sent);
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

TEST_F(File, AppendsToAStreamOfThisProcess) {
  const int fd = ::open((folder / "out").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::write(fd, "before ", 7), 7);
  const std::string stream = "/dev/fd/" + std::to_string(fd);
  const bool there = fs::exists(stream);
  if (there) heed::write_file(stream, "after");
  ::close(fd);
  if (!there) GTEST_SKIP() << "there are no open files in /dev/fd here (is /proc mounted?)";
  EXPECT_EQ(text(folder / "out"), "before after");
}

TEST_F(File, MappedFilesHoldTheBytesOfPipes) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::thread writer([&] { heed::write_file(folder / "pipe", "through a pipe"); });
  EXPECT_EQ(mapped(folder / "pipe"), "through a pipe");
  writer.join();
}

TEST_F(File, RefusesToReplaceAReadOnlyFile) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may write everything";
  heed::write_file(folder / "a", "old");
  fs::permissions(folder / "a", fs::perms(0444));
  EXPECT_NE(error([&] { heed::write_file(folder / "a", "new"); }).find("Permission denied"), std::string::npos);
  EXPECT_EQ(text(folder / "a"), "old");
}

TEST_F(File, LeavesNothingBehindWhenTheDiskIsFull) {
  heed::write_file(folder / "a", "old");
  // a limit on the size of files stands in for the full disk
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{1000, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = error([&] { heed::write_file(folder / "a", std::string(5000, 'x')); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, (folder / "a").string() + ": cannot write: File too large");
  EXPECT_EQ(text(folder / "a"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, CheckingAFileLeavesEverythingAsItIs) {
  heed::write_file(folder / "a", "x");
  heed::check_writable(folder / "a");
  heed::check_writable(folder / "b");
  heed::check_writable("/dev/null");
  EXPECT_EQ(text(folder / "a"), "x");
  EXPECT_EQ(entries(), 1u);
}

#if defined(__linux__)

/// A file that does not let itself be replaced, as a container's `-v file:file`: mounted over itself.
class Mount {
 public:
  explicit Mount(const fs::path& path)
      : path_(path), there_(::mount(path.c_str(), path.c_str(), "", MS_BIND, "") == 0) {}
  Mount(const fs::path& path, const char* options)
      : path_(path), there_(::mount("", path.c_str(), "tmpfs", 0, options) == 0) {}
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  ~Mount() {
    if (there_) ::umount(path_.c_str());
  }
  explicit operator bool() const { return there_; }
  bool read_only() const { return ::mount("", path_.c_str(), "", MS_REMOUNT | MS_BIND | MS_RDONLY, "") == 0; }

 private:
  fs::path path_;
  bool there_;
};

/// While it lives the process is nobody where it was the superuser.
class AsNobody {
 public:
  AsNobody() {
    if (was_root_) is_nobody_ = ::setresuid(65534, 65534, 0) == 0;
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (is_nobody_ && ::setresuid(0, 0, 0) != 0) std::abort();
  }
  explicit operator bool() const { return !was_root_ || is_nobody_; }

 private:
  bool was_root_ = ::geteuid() == 0, is_nobody_ = false;
};

TEST_F(File, WritesInPlaceWhereAFileIsAMountPoint) {
  const fs::path path = folder / "a";
  heed::write_file(path, "something longer than what comes");
  const Mount mount(path);
  if (!mount) GTEST_SKIP() << "this process may not mount";
  heed::check_writable(path, 100'000);
  EXPECT_EQ(text(path), "something longer than what comes");
  for (const std::string& content : {std::string("short"), std::string(100'000, 'x'), std::string()}) {
    heed::write_file(path, content);
    EXPECT_EQ(text(path), content);
    EXPECT_EQ(entries(), 1u);
  }
}

TEST_F(File, WritesInPlaceAFileOfAnotherFileSystem) {
  fs::create_directory(folder / "other");
  const Mount other(folder / "other", "size=64k");
  if (!other) GTEST_SKIP() << "this process may not mount";
  heed::write_file(folder / "other" / "a", "old");
  heed::write_file(folder / "a", "");
  ASSERT_EQ(::mount((folder / "other" / "a").c_str(), (folder / "a").c_str(), "", MS_BIND, ""), 0);
  const std::string unchecked = error([&] { heed::check_writable(folder / "a", 10'000); });
  heed::write_file(folder / "a", "new");
  const std::string content = text(folder / "other" / "a");
  const std::string checked = error([&] { heed::check_writable(folder / "a", 100'000); });
  const std::string written = error([&] { heed::write_file(folder / "a", std::string(100'000, 'x')); });
  const std::string after = text(folder / "a");
  ::umount((folder / "a").c_str());
  EXPECT_EQ(unchecked, "no error");
  EXPECT_EQ(content, "new");
  EXPECT_EQ(checked, (folder / "a").string() + ": cannot write: No space left on device");
  EXPECT_EQ(written, checked);
  EXPECT_EQ(after, "new");  // room is made first
}

TEST_F(File, WritesInPlaceInAFolderThatTakesNoNewFiles) {
  const fs::path path = folder / "a";
  heed::write_file(path, "old");
  fs::permissions(path, fs::perms(0666));
  fs::permissions(folder, fs::perms(0555));
  {
    const AsNobody nobody;
    if (!nobody) GTEST_SKIP() << "this process may not be another user";
    EXPECT_EQ(error([&] { heed::check_writable(path); }), "no error");
    EXPECT_EQ(error([&] { heed::write_file(path, "new"); }), "no error");
    const std::string found = error([&] { heed::check_writable(folder / "b"); });
    EXPECT_NE(found.find("Permission denied"), std::string::npos) << found;
    EXPECT_EQ(error([&] { heed::write_file(folder / "b", "x"); }), found);
  }
  fs::permissions(folder, fs::perms(0755));
  EXPECT_EQ(text(path), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, WritesInPlaceWhatBelongsToAnotherInAStickyFolder) {
  const fs::path path = folder / "a";
  if (::geteuid() != 0) GTEST_SKIP() << "another user's file needs the superuser";
  heed::write_file(path, "old");
  fs::permissions(path, fs::perms(0666));
  fs::permissions(folder, fs::perms(01777));  // as /tmp
  const AsNobody nobody;
  EXPECT_EQ(error([&] { heed::check_writable(path); }), "no error");
  EXPECT_EQ(error([&] { heed::write_file(path, "new"); }), "no error");
  EXPECT_EQ(text(path), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, CheckingFindsAFileSystemThatIsReadOnly) {
  const fs::path path = folder / "a";
  heed::write_file(path, "old");
  const Mount mount(path);
  if (!mount || !mount.read_only()) GTEST_SKIP() << "this process may not mount";
  const std::string found = error([&] { heed::check_writable(path); });
  EXPECT_EQ(found, path.string() + ": cannot write: Read-only file system");
  EXPECT_EQ(error([&] { heed::write_file(path, "new"); }), found);
}

TEST_F(File, CheckingFindsAFullDisk) {
  const Mount disk(folder, "size=64k");
  if (!disk) GTEST_SKIP() << "this process may not mount";
  const std::string full = (folder / "a").string() + ": cannot write: No space left on device";
  heed::check_writable(folder / "a", 40'000);
  EXPECT_EQ(error([&] { heed::check_writable(folder / "a", 100'000); }), full);
  heed::write_file(folder / "filling", std::string(65'536, 'x'));
  EXPECT_EQ(error([&] { heed::check_writable(folder / "a"); }), full);
  EXPECT_EQ(error([&] { heed::write_file(folder / "a", "x"); }), full);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, DevicesWithoutAnEndAreNotRead) {
  for (const char* device : {"/dev/full", "/dev/zero", "/dev/urandom"}) {
    const std::string found = std::string(device) + ": cannot read (expected a file, got a device without an end)";
    EXPECT_EQ(error([&] { heed::read_file(device); }), found);
    EXPECT_EQ(error([&] { heed::MappedFile file{device}; }), found);
  }
  EXPECT_TRUE(heed::read_file("/dev/null").empty());
}

TEST_F(File, CheckingRefusesNamedPipesAndWaitsForNobody) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", folder / "link");
  for (const char* name : {"pipe", "link"}) {
    EXPECT_EQ(error([&] { heed::check_writable(folder / name); }),
              (folder / name).string() + ": cannot write (expected a regular file, got a named pipe)");
  }
}

TEST_F(File, CheckingFindsADeviceThatIsFull) {
  const std::string found = error([] { heed::check_writable("/dev/full"); });
  EXPECT_EQ(found, "/dev/full: cannot write: No space left on device");
  EXPECT_EQ(error([] { heed::write_file("/dev/full", "x"); }), found);
}

#endif

TEST_F(File, ALimitOnSizesIsAnErrorAndNoSignal) {
  heed::write_file(folder / "a", "old");
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{1000, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);  // SIGXFSZ ends the process, if it arrives
  const std::string little = error([&] { heed::check_writable(folder / "a", 900); });
  const std::string checked = error([&] { heed::check_writable(folder / "a", 5000); });
  const std::string written = error([&] { heed::write_file(folder / "a", std::string(5000, 'x')); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(little, "no error");
  EXPECT_EQ(checked, (folder / "a").string() + ": cannot write: File too large");
  EXPECT_EQ(written, checked);
  sigset_t pending, blocked;
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_FALSE(sigismember(&pending, SIGXFSZ));
  EXPECT_FALSE(sigismember(&blocked, SIGXFSZ));
  EXPECT_EQ(text(folder / "a"), "old");
  EXPECT_EQ(entries(), 1u);
}

/// Runs `f` in a process of its own, whose exit code is 0 unless it throws.
template <class F>
pid_t in_a_process(F&& f) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    f();
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}
int exit_code_of(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
/// A file that says of each part which one it belongs to: 1 to 50,000 equal letters.
std::string version(int number) {
  return std::string(static_cast<std::size_t>(1 + number * 7919 % 50'000), static_cast<char>('a' + number % 26));
}
bool whole(const std::string& text) { return !text.empty() && text.find_first_not_of(text[0]) == std::string::npos; }

// A reader sees one version or another, never parts of two, while a writer replaces the file 200 times.
TEST_F(File, IsReadWholeWhileAnotherProcessReplacesIt) {
  const fs::path file = folder / "a";
  heed::write_file(file, version(0));
  const pid_t writer = in_a_process([&] {
    for (int i = 1; i <= 200; ++i) heed::write_file(file, version(i));
  });
  ASSERT_GT(writer, 0);
  int status = 0, reads = 0;
  while (::waitpid(writer, &status, WNOHANG) == 0) {
    const std::string read = text(file), seen = mapped(file);
    ASSERT_TRUE(whole(read)) << read.size();
    ASSERT_TRUE(whole(seen)) << seen.size();
    ++reads;
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_GT(reads, 0);
  EXPECT_EQ(text(file), version(200));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(File, OfTwoWritersAtOnceIsThatOfOneOfThem) {
  const fs::path file = folder / "a";
  pid_t writers[2];
  for (int w = 0; w < 2; ++w) {
    writers[w] = in_a_process([&] {
      for (int i = 0; i < 60; ++i) heed::write_file(file, version(2 * i + w));
    });
    ASSERT_GT(writers[w], 0);
  }
  for (const pid_t writer : writers) EXPECT_EQ(exit_code_of(writer), 0);
  const std::string last = text(file);
  EXPECT_TRUE(last == version(118) || last == version(119)) << last.size();
  EXPECT_EQ(entries(), 1U);
}

}  // namespace posix_test

#endif
