// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/atomic_file.hpp"

#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::put;
using testing_io::SmallDisk;
using testing_io::TempFolder;
using testing_io::Unprivileged;

TEST(AtomicFile, WritesReplacesAndReadsBack) {
  const TempFolder folder;
  write_file_atomically(folder / "a", "first");
  write_file_atomically(folder / "a", std::string_view("se\0cond", 7));
  EXPECT_EQ(read_text_file(folder / "a"), std::string("se\0cond", 7));
  EXPECT_EQ(read_file(folder / "a").size(), 7u);
  EXPECT_EQ(folder.listing(), "a");
}

TEST(AtomicFile, ReplacesAPartThatAKilledProgramLeft) {
  const TempFolder folder;
  put(folder / "a.part", "half of something much longer");
  write_file_atomically(folder / "a", "new");
  EXPECT_EQ(contents(folder / "a"), "new");
  EXPECT_EQ(folder.listing(), "a");
}

TEST(AtomicFile, SaysWhyAFileCannotBeWritten) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "sub");
  put(folder / "file", "x");
  const std::string base = folder.path().string();
  EXPECT_MESSAGE(EnvironmentError, write_file_atomically(folder / "sub", "x"),
                 "cannot write '" + base + "/sub': it is a folder");
  EXPECT_MESSAGE(EnvironmentError, write_file_atomically(folder / "none/a", "x"),
                 "cannot write '" + base + "/none/a': No such file or directory");
  EXPECT_MESSAGE(EnvironmentError, write_file_atomically(folder / "file/a", "x"),
                 "cannot write '" + base + "/file/a': Not a directory");
  EXPECT_MESSAGE(EnvironmentError, write_file_atomically(folder / std::string(300, 'a'), "x"),
                 "cannot write '" + base + "/" + std::string(300, 'a') + "': File name too long");
  EXPECT_EQ(folder.listing(), "file sub");
}

TEST(AtomicFile, NeverReplacesADevice) {
  EXPECT_MESSAGE(EnvironmentError, write_file_atomically("/dev/full", "x"),
                 "cannot write '/dev/full': it is not a regular file");
  EXPECT_MESSAGE(EnvironmentError, read_file("/dev/zero"),
                 "cannot read '/dev/zero': it is not a regular file");
}

TEST(AtomicFile, SaysWhyAFileCannotBeRead) {
  const TempFolder folder;
  put(folder / "big", "12345");
  const std::string base = folder.path().string();
  EXPECT_MESSAGE(EnvironmentError, read_file(folder / "none"),
                 "cannot read '" + base + "/none': No such file or directory");
  EXPECT_MESSAGE(EnvironmentError, read_file(folder.path()),
                 "cannot read '" + base + "': it is a folder");
  EXPECT_MESSAGE(EnvironmentError, read_file(folder / "big", 4),
                 "cannot read '" + base + "/big': it has 5 B, more than the 4 B allowed here");
}

TEST(AtomicFile, SaysWhenAFolderOrFileIsProtected) {
  const TempFolder folder;
  using std::filesystem::perms;
  put(folder / "secret", "x");
  std::filesystem::permissions(folder / "secret", perms::none);
  std::filesystem::permissions(
      folder.path(), perms::all & ~(perms::others_write | perms::group_write | perms::owner_write));
  {
    const Unprivileged nobody;
    if (!nobody.is_bound()) GTEST_SKIP() << "cannot give up root's rights";
    EXPECT_MESSAGE(EnvironmentError, read_file(folder / "secret"),
                   "cannot read '" + (folder / "secret").string() + "': Permission denied");
    EXPECT_MESSAGE(EnvironmentError, write_file_atomically(folder / "new", "x"),
                   "cannot write '" + (folder / "new").string() + "': Permission denied");
    EXPECT_MESSAGE(
        EnvironmentError, create_folder(folder / "sub"),
        "cannot create the folder '" + (folder / "sub").string() + "': Permission denied");
  }
  std::filesystem::permissions(folder.path(), perms::owner_all);
  EXPECT_EQ(folder.listing(), "secret");
}

TEST(AtomicFile, SaysWhenTheFileSystemIsReadOnly) {
  const TempFolder folder;
  const SmallDisk disk(folder / "disk", "size=64k");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a file system needs root";
  put(folder / "disk/a", "old");
  if (::mount("tmpfs", (folder / "disk").c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    GTEST_SKIP() << "cannot remount";
  }
  EXPECT_MESSAGE_HAS(EnvironmentError, write_file_atomically(folder / "disk/a", "new"),
                     "/disk/a': Read-only file system");
  EXPECT_EQ(contents(folder / "disk/a"), "old");
}

TEST(AtomicFile, FullDiskLeavesTheEarlierFileAndNoPart) {
  const TempFolder folder;
  const SmallDisk disk(folder / "disk", "size=64k");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a file system needs root";
  write_file_atomically(folder / "disk/a", "old");
  const std::string large(1 << 20, 'x');
  const std::string file = (folder / "disk/a").string();
  EXPECT_MESSAGE(EnvironmentError, write_file_atomically(file, large),
                 "cannot write '" + file + "': No space left on device");
  EXPECT_EQ(contents(file), "old");
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
}

TEST(CreateFolder, MakesParentsAndExplainsFailure) {
  const TempFolder folder;
  create_folder(folder / "a/b/c");
  create_folder(folder / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
  put(folder / "file", "x");
  const std::string base = folder.path().string();
  EXPECT_MESSAGE_HAS(EnvironmentError, create_folder(folder / "file"),
                     "cannot create the folder '" + base + "/file': ");
  EXPECT_MESSAGE(EnvironmentError, create_folder(folder / "file/sub"),
                 "cannot create the folder '" + base + "/file/sub': Not a directory");
}

}  // namespace
}  // namespace filigree
