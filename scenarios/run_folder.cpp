// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/manifest.hpp"

namespace filigree {
namespace fs = std::filesystem;
namespace {

void replace(std::string& text, const std::string& word, const std::string& by) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
    text.replace(at, word.size(), by);
    at += by.size();
  }
}

/// The pattern with the scenario's name in place; {n} may still be in its last part.
fs::path expand(const FolderRequest& request) {
  std::string text = request.pattern;
  replace(text, "{scenario}", request.scenario);
  return text;
}

bool has_number(const fs::path& pattern) {
  return pattern.filename().string().find("{n}") != std::string::npos;
}

fs::path with_number(const fs::path& pattern, std::int64_t n) {
  std::string name = pattern.filename().string();
  replace(name, "{n}", format("{}", n));
  return pattern.parent_path() / name;
}

/// n when `name` is the pattern's last part with a number in place of {n}, else 0.
std::int64_t number_in(const std::string& name, const fs::path& pattern) {
  const std::string word = pattern.filename().string();
  const std::size_t at = word.find("{n}");
  const std::string head = word.substr(0, at);
  const std::string tail = word.substr(at + 3);
  if (name.size() <= head.size() + tail.size() || !name.starts_with(head) ||
      !name.ends_with(tail)) {
    return 0;
  }
  const char* const first = name.data() + head.size();
  const char* const last = name.data() + name.size() - tail.size();
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(first, last, n);
  return error == std::errc() && end == last && n > 0 && *first != '0' ? n : 0;
}

std::int64_t largest_number(const fs::path& pattern, bool runs_only) {
  std::int64_t largest = 0;
  std::error_code error;
  const fs::path parent = pattern.parent_path().empty() ? "." : pattern.parent_path();
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    const std::int64_t n = number_in(it->path().filename().string(), pattern);
    std::error_code ignored;
    if (n > largest && (!runs_only || fs::exists(it->path() / "manifest.json", ignored))) {
      largest = n;
    }
  }
  return largest;
}

void require_free(const fs::path& folder, bool force) {
  std::error_code error;
  if (fs::is_empty(folder, error) && !error) return;
  FILIGREE_REQUIRE(fs::exists(folder / "manifest.json", error),
                   "folder '{}' is not empty and does not hold a run; choose another --out",
                   folder.string());
  if (force) return;
  std::string status = "unreadable";
  try {
    status = read_manifest(folder / "manifest.json").status;
  } catch (const Error&) {  // whatever it is, it is not ours to overwrite without --force
  }
  if (status == "running" || status == "interrupted") {
    throw InputError(
        format("folder '{}' holds an unfinished run (status {}): continue it with --resume latest, "
               "replace it with --force, or choose another --out",
               folder.string(), status));
  }
  throw InputError(
      format("folder '{}' holds an earlier run (status {}): replace it with --force, "
             "or choose another --out",
             folder.string(), status));
}

std::vector<fs::path> create_folders(const fs::path& folder) {
  std::vector<fs::path> created;
  std::error_code ignored;
  for (fs::path p = folder; !p.empty() && !fs::exists(p, ignored); p = p.parent_path()) {
    created.push_back(p);
  }
  create_folder(folder);
  return created;
}

}  // namespace

RunFolder RunFolder::create(const FolderRequest& request) {
  const fs::path pattern = request.out.empty() ? expand(request) : request.out;
  std::error_code error;
  if (request.out.empty() && has_number(pattern)) {
    const fs::path parent = pattern.parent_path();
    std::vector<fs::path> created =
        parent.empty() ? std::vector<fs::path>{} : create_folders(parent);
    // Two programs may look at the same time: only one of them makes the folder.
    for (std::int64_t n = largest_number(pattern, false) + 1;; ++n) {
      RunFolder folder(with_number(pattern, n));
      if (!fs::create_directory(folder.path_, error)) {
        if (!error) continue;
        throw EnvironmentError(
            format("cannot write '{}': {}", folder.path_.string(), error.message()));
      }
      created.insert(created.begin(), folder.path_);
      folder.created_ = std::move(created);
      folder.lock();
      return folder;
    }
  }
  RunFolder folder(pattern);
  if (!fs::exists(pattern, error)) folder.created_ = create_folders(pattern);
  FILIGREE_REQUIRE(fs::is_directory(pattern, error),
                   "'{}' is in the way: a run needs a folder; choose another --out",
                   pattern.string());
  folder.lock();
  require_free(pattern, request.force);
  return folder;
}

RunFolder RunFolder::reopen(const FolderRequest& request, const std::string& resume) {
  std::error_code error;
  const fs::path pattern = request.out.empty() ? expand(request) : request.out;
  fs::path path = pattern;
  if (resume != "latest") {
    const fs::path file(resume);
    FILIGREE_REQUIRE(fs::exists(file, error),
                     "--resume {}: no such file; give 'latest' or a checkpoint", resume);
    const fs::path home = fs::absolute(file).parent_path().parent_path();
    FILIGREE_REQUIRE(request.out.empty() || fs::equivalent(home, request.out, error),
                     "checkpoint '{}' does not belong to the run in '{}'; leave out --out to "
                     "continue in its own folder",
                     resume, request.out.string());
    path = request.out.empty() ? file.parent_path().parent_path() : request.out;
    if (path.empty()) path = home;
  } else if (request.out.empty() && has_number(pattern)) {
    const std::int64_t n = largest_number(pattern, true);
    FILIGREE_REQUIRE(n > 0, "--resume latest: there is no run '{}' yet", pattern.string());
    path = with_number(pattern, n);
  }
  FILIGREE_REQUIRE(fs::exists(path / "manifest.json", error),
                   "--resume {}: '{}' does not hold a run (it has no manifest.json)", resume,
                   path.string());
  RunFolder folder(path);
  folder.lock();
  return folder;
}

void RunFolder::lock() {
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // an unreadable folder gives a better message when it is written
  lock_ = std::shared_ptr<const int>(new int(descriptor), [](const int* held) {
    ::close(*held);
    delete held;
  });
  const bool taken = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  FILIGREE_REQUIRE(!taken,
                   "folder '{}' is in use by another run; wait for it or choose another "
                   "--out",
                   path_.string());
}

void RunFolder::discard() const {
  std::error_code ignored;
  for (const fs::path& folder : created_) fs::remove(folder, ignored);  // fails unless empty
}

void RunFolder::clear() const {
  std::error_code error;
  for (const fs::path& file :
       {resolved(), diagnostics(), metrics(), path_ / "report.html", path_ / "metadata.json",
        path_ / "parameters.json", path_ / "fit_report.md"}) {
    fs::remove(file, error);
  }
  for (const char* folder : {"frames", "pictures", "train", "validation", "test", "cable"}) {
    fs::remove_all(path_ / folder, error);
  }
  for (const fs::path& folder : {path_, checkpoints()}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".pvd" || extension == ".series" || extension == ".fgc") {
        fs::remove(entry.path(), error);
      }
    }
  }
  remove_parts();
}

void RunFolder::remove_parts() const {
  std::error_code error;
  std::vector<fs::path> parts;
  for (fs::recursive_directory_iterator it(path_, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".part") parts.push_back(it->path());
  }
  for (const fs::path& part : parts) fs::remove(part, error);
}

}  // namespace filigree
