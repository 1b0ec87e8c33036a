// Files of Windows: attributes, devices, files that others have open.
#if defined(_WIN32)

#include "heed/files/detail/windows.hpp"

#include <fstream>
#include <string>

#include "support.hpp"

namespace windows_test {

using files_test::File;

TEST_F(File, RefusesToReplaceAReadOnlyFile) {
  heed::write_file(folder / "a", "old");
  ASSERT_TRUE(::SetFileAttributesW((folder / "a").c_str(), FILE_ATTRIBUTE_READONLY));
  const std::string refused = (folder / "a").string() + ": cannot write: Permission denied";
  EXPECT_EQ(error([&] { heed::write_file(folder / "a", "new"); }), refused);
  EXPECT_EQ(error([&] { heed::check_writable(folder / "a"); }), refused);
  EXPECT_EQ(text(folder / "a"), "old");
  ::SetFileAttributesW((folder / "a").c_str(), FILE_ATTRIBUTE_NORMAL);
}

TEST_F(File, ReplacesAFileThatHeedMapsOrLeavesItAsItIs) {
  heed::write_file(folder / "a", "old");
  const heed::MappedFile file(folder / "a");
  const std::string found = error([&] { heed::write_file(folder / "a", "new"); });
  EXPECT_EQ(text(folder / "a"), found == "no error" ? "new" : "old");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, AFileThatAnotherProgramHasOpenStaysAsItIs) {
  heed::write_file(folder / "a", "old");
  {
    const std::ifstream reader(folder / "a");  // does not allow that the file is removed
    const std::string found = error([&] { heed::write_file(folder / "a", "new"); });
    EXPECT_EQ(found.find((folder / "a").string() + ": cannot replace: "), 0U) << found;
  }
  EXPECT_EQ(text(folder / "a"), "old");
  EXPECT_EQ(entries(), 1u);
  heed::write_file(folder / "a", "new");
  EXPECT_EQ(text(folder / "a"), "new");
}

TEST_F(File, WritesDevicesDirectly) {
  heed::check_writable("NUL");
  heed::write_file("NUL", "x");
  EXPECT_EQ(text("NUL"), "");
  EXPECT_EQ(error([] { heed::check_writable("\\\\.\\pipe\\heed"); }),
            "\\\\.\\pipe\\heed: cannot write (expected a regular file, got a named pipe)");
}

}  // namespace windows_test

#endif
