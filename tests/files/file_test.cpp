#include "heed/files/file.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

namespace file_test {

namespace fs = std::filesystem;
using files_test::File;

TEST_F(File, ReadsBackWhatWasWritten) {
  std::string content(300'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 256);
  heed::write_file(folder / "a", content);
  EXPECT_EQ(text(folder / "a"), content);
  heed::write_file(folder / "a", "");
  EXPECT_EQ(text(folder / "a"), "");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, WritesThePartsOneAfterAnother) {
  const std::string a = "one ", b = "", c = "two";
  heed::write_file(folder / "a",
                   {std::as_bytes(std::span(a)), std::as_bytes(std::span(b)), std::as_bytes(std::span(c))});
  EXPECT_EQ(text(folder / "a"), "one two");
}

TEST_F(File, ReplacesTheFileInsteadOfWritingIntoIt) {
  heed::write_file(folder / "a", "old");
  fs::create_hard_link(folder / "a", folder / "b");
  heed::write_file(folder / "a", "new");
  EXPECT_EQ(text(folder / "a"), "new");
  EXPECT_EQ(text(folder / "b"), "old");  // whoever had it open still sees the old file
}

TEST_F(File, WritesIntoTheWorkingFolder) {
  const auto before = fs::current_path();
  fs::current_path(folder);
  heed::write_file("a", "x");
  heed::write_file("a", "y");
  fs::current_path(before);
  EXPECT_EQ(text(folder / "a"), "y");
}

TEST_F(File, NamesTheFileThatCannotBeRead) {
  const auto path = folder / "missing";
  EXPECT_EQ(error([&] { heed::read_file(path); }), path.string() + ": cannot open: No such file or directory");
  EXPECT_EQ(error([&] { heed::read_file(folder); }), folder.string() + ": cannot read: Is a directory");
}

TEST_F(File, NamesTheFileThatCannotBeWritten) {
  const auto path = folder / "missing" / "a";
  EXPECT_EQ(error([&] { heed::write_file(path, "x"); }),
            path.string() + ": cannot create the file that takes its place, in the folder " +
                path.parent_path().string() + ": No such file or directory");
  EXPECT_EQ(error([&] { heed::write_file(folder, "x"); }), folder.string() + ": cannot open: Is a directory");
  EXPECT_NE(error([&] { heed::write_file("", "x"); }), "no error");
}

TEST_F(File, ThreadsMayWriteTheSameFile) {
  std::vector<std::thread> threads;
  for (char c : {'a', 'b', 'c', 'd'}) {
    threads.emplace_back([&, c] {
      for (int i = 0; i < 20; ++i) heed::write_file(folder / "a", std::string(10'000, c));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto content = text(folder / "a");
  EXPECT_EQ(content, std::string(10'000, content.front()));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, CheckingFindsWhatCannotBeWritten) {
  heed::write_file(folder / "a", "x");
  const fs::path absent = folder / "absent" / "b", below_a_file = folder / "a" / "b";
  for (const fs::path& path : {folder, absent, below_a_file}) {
    const std::string found = error([&] { heed::check_writable(path); });
    EXPECT_NE(found, "no error") << path;
    EXPECT_EQ(found, error([&] { heed::write_file(path, "y"); })) << path;
  }
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, NamesMayHaveLettersOfAnyLanguage) {
  const fs::path path = folder / fs::path(u8"Größe_模型.npy");
  heed::write_file(path, "a");
  heed::write_file(path, "b");
  heed::check_writable(path);
  EXPECT_EQ(text(path), "b");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, MappedFilesHoldTheBytesOfFiles) {
  for (const std::string& content : {std::string(), std::string("abc"), std::string(100'000, 'x')}) {
    heed::write_file(folder / "f", content);
    EXPECT_EQ(mapped(folder / "f"), content);
  }
  EXPECT_NE(error([&] { mapped(folder); }).find(folder.string()), std::string::npos);
  EXPECT_NE(error([&] { mapped(folder / "absent"); }).find("absent"), std::string::npos);
}

}  // namespace file_test
