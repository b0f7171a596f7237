// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/particles.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/parallel.hpp"

namespace filigree {

namespace {

using Word = std::uint32_t;

void gather_rows(Index n, Index words_per_row, const Array<Index>& order, const Array<Word>& from,
                 const Array<Word>& to) {
  for_each(
      "particles/gather", n, FILIGREE_LAMBDA(Index i) {
        const Word* source = from.data() + Offset(order(i)) * words_per_row;
        Word* target = to.data() + Offset(i) * words_per_row;
        for (Index w = 0; w < words_per_row; ++w) target[w] = source[w];
      });
}

void copy_words(Index n, const Array<Word>& from, const Array<Word>& to) {
  for_each(
      "particles/copy", n, FILIGREE_LAMBDA(Index i) { to(i) = from(i); });
}

void clear_words(Index first, Index n, const Array<Word>& words) {
  for_each(
      "particles/clear", n, FILIGREE_LAMBDA(Index i) { words(first + i) = 0; });
}

void mark_kept(Index n, const Array<Index>& keep, const Array<Index>& marks) {
  for_each(
      "particles/mark", n, FILIGREE_LAMBDA(Index i) { marks(i) = keep(i) != 0 ? 1 : 0; });
}

void list_kept(Index n, const Array<Index>& keep, const Array<Index>& places,
               const Array<Index>& order) {
  for_each(
      "particles/list", n, FILIGREE_LAMBDA(Index i) {
        if (keep(i) != 0) order(places(i)) = i;
      });
}

}  // namespace

void ParticleSystem::add_column(const char* name, const char* unit, DType dtype, Index components) {
  if (contains(name)) throw InternalError(format("particle field '{}' is added twice", name));
  const auto words_per_row =
      static_cast<Index>(components * static_cast<Index>(size_of(dtype) / sizeof(Word)));
  FILIGREE_REQUIRE(Offset(words_per_row) * n_total_ <= std::numeric_limits<Index>::max(),
                   "{} particles are too many for field '{}': at most {} fit", n_total_, name,
                   std::numeric_limits<Index>::max() / words_per_row);
  Array<Word> words(std::string("particles/") + name, n_total_ * words_per_row);
  fill(words, Word(0));
  columns_.push_back({name, unit, dtype, components, words_per_row, words});
}

const ParticleSystem::Column& ParticleSystem::column(const std::string& name) const {
  for (const Column& c : columns_) {
    if (c.name == name) return c;
  }
  throw InternalError(format("particles have no field '{}'; they have {}", name, join(names())));
}

bool ParticleSystem::contains(const std::string& name) const {
  for (const Column& c : columns_) {
    if (c.name == name) return true;
  }
  return false;
}

std::vector<std::string> ParticleSystem::names() const {
  std::vector<std::string> result;
  for (const Column& c : columns_) result.push_back(c.name);
  return result;
}

void ParticleSystem::gather(Index n, const Array<Index>& order) {
  for (const Column& c : columns_) {
    const Index n_words = n * c.words_per_row;
    if (spare_.size() < n_words) spare_ = Array<Word>("particles/spare", c.words.size());
    gather_rows(n, c.words_per_row, order, c.words, spare_);
    copy_words(n_words, spare_, c.words);
  }
}

void ParticleSystem::permute(const Array<Index>& order) {
  FILIGREE_ASSERT(order.size() >= n_total_, "the order has {} rows for {} particles", order.size(),
                  n_total_);
  gather(n_total_, order);
}

/// Makes room for n rows.
void ParticleSystem::grow(Index n) {
  constexpr Offset kMost = std::numeric_limits<Index>::max();
  for (Column& c : columns_) {
    const Offset needed = Offset(n) * c.words_per_row;
    if (c.words.size() >= needed) continue;
    FILIGREE_REQUIRE(needed <= kMost, "{} particles are too many for field '{}': at most {} fit", n,
                     c.name, kMost / c.words_per_row);
    const Offset roomy = std::min(needed + needed / 2, kMost);
    const Array<Word> words("particles/" + c.name, static_cast<Index>(roomy));
    copy_words(n_total_ * c.words_per_row, c.words, words);
    c.words = words;
  }
}

void ParticleSystem::append(Index n) {
  FILIGREE_ASSERT(n >= 0 && n_owned_ == n_total_, "{} rows cannot be added to {} own ones of {}", n,
                  n_owned_, n_total_);
  FILIGREE_REQUIRE(n <= std::numeric_limits<Index>::max() - n_total_,
                   "{} particles and {} more are too many: at most {} fit", n_total_, n,
                   std::numeric_limits<Index>::max());
  grow(n_total_ + n);
  for (const Column& c : columns_) {
    clear_words(n_total_ * c.words_per_row, n * c.words_per_row, c.words);
  }
  n_total_ += n;
  n_owned_ = n_total_;
}

Index ParticleSystem::select(const Array<Index>& keep) {
  FILIGREE_ASSERT(keep.size() >= n_total_ && n_owned_ == n_total_,
                  "{} marks for {} own particles of {}", keep.size(), n_owned_, n_total_);
  if (order_.size() < n_total_) {
    order_ = Array<Index>("particles/order", n_total_);
    places_ = Array<Index>("particles/places", n_total_);
  }
  const Array<Index> places(Array<Index>::View(places_.data(), n_total_));
  mark_kept(n_total_, keep, places);
  const Index kept = exclusive_scan("particles/places", places);
  list_kept(n_total_, keep, places, order_);
  gather(kept, order_);
  n_total_ = kept;
  n_owned_ = kept;
  return kept;
}

NamedArray ParticleSystem::to_named_array(const std::string& name) const {
  const Column& c = column(name);
  std::vector<std::int64_t> shape{n_total_};
  if (c.components > 1) shape.push_back(c.components);
  NamedArray array = make_array(c.name, c.dtype, shape, c.unit);
  const Array<Word> rows(Array<Word>::View(c.words.data(), n_total_ * c.words_per_row));
  const HostArray<Word> words = to_host(rows);
  if (!array.bytes.empty()) std::memcpy(array.bytes.data(), words.data(), array.bytes.size());
  return array;
}

void ParticleSystem::load(Column& c, const NamedArray& array) {
  FILIGREE_REQUIRE(array.dtype == c.dtype && array.size() == Offset(n_total_) * c.components,
                   "the stored field '{}' holds {} {} values but the scenario needs {} {}", c.name,
                   array.size(), name_of(array.dtype), Offset(n_total_) * c.components,
                   name_of(c.dtype));
  HostArray<Word> words(c.words.label(), n_total_ * c.words_per_row);
  if (!array.bytes.empty()) std::memcpy(words.data(), array.bytes.data(), array.bytes.size());
  c.words = to_device(words);
}

void ParticleSystem::reflect_state(StateVisitor& visitor, bool any_count) {
  std::int64_t n = n_total_;
  visitor("particles", n);
  if (visitor.loading()) {
    constexpr std::int64_t kMost = std::numeric_limits<Index>::max();
    FILIGREE_REQUIRE(n == n_total_ || (any_count && n >= 0 && n <= kMost),
                     "the stored state has {} particles but the scenario makes {}", n, n_total_);
    n_total_ = static_cast<Index>(n);
    n_owned_ = n_total_;
  }
  for (Column& c : columns_) {
    NamedArray array = visitor.loading() ? NamedArray{} : to_named_array(c.name);
    visitor("particles/" + c.name, array);
    if (visitor.loading()) load(c, array);
  }
}

std::uint64_t ParticleSystem::bytes() const {
  std::uint64_t words = spare_.size();
  for (const Column& c : columns_) words += static_cast<std::uint64_t>(c.words.size());
  const auto indices = static_cast<std::uint64_t>(places_.size()) + order_.size();
  return words * sizeof(Word) + indices * sizeof(Index);
}

}  // namespace filigree
