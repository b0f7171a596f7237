// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/particles.hpp"

#include <cstring>

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

void ParticleSystem::permute(const Array<Index>& order) {
  FILIGREE_ASSERT(order.size() >= n_total_, "the order has {} rows for {} particles", order.size(),
                  n_total_);
  for (const Column& c : columns_) {
    const Index n_words = n_total_ * c.words_per_row;
    if (spare_.size() < n_words) spare_ = Array<Word>("particles/spare", n_words);
    gather_rows(n_total_, c.words_per_row, order, c.words, spare_);
    copy_words(n_words, spare_, c.words);
  }
}

NamedArray ParticleSystem::to_named_array(const std::string& name) const {
  const Column& c = column(name);
  std::vector<std::int64_t> shape{n_total_};
  if (c.components > 1) shape.push_back(c.components);
  NamedArray array = make_array(c.name, c.dtype, shape, c.unit);
  const HostArray<Word> words = to_host(c.words);
  std::memcpy(array.bytes.data(), words.data(), array.bytes.size());
  return array;
}

void ParticleSystem::reflect_state(StateVisitor& visitor) {
  std::int64_t n = n_total_;
  visitor("particles", n);
  if (visitor.loading()) {
    FILIGREE_REQUIRE(n == n_total_, "the stored state has {} particles but the scenario makes {}",
                     n, n_total_);
  }
  for (Column& c : columns_) {
    NamedArray array = visitor.loading() ? NamedArray{} : to_named_array(c.name);
    visitor("particles/" + c.name, array);
    if (!visitor.loading()) continue;
    FILIGREE_REQUIRE(array.dtype == c.dtype && array.size() == Offset(n_total_) * c.components,
                     "the stored field '{}' holds {} {} values but the scenario needs {} {}",
                     c.name, array.size(), name_of(array.dtype), Offset(n_total_) * c.components,
                     name_of(c.dtype));
    HostArray<Word> words(c.words.label(), c.words.size());
    std::memcpy(words.data(), array.bytes.data(), array.bytes.size());
    c.words = to_device(words);
  }
}

std::uint64_t ParticleSystem::bytes() const {
  std::uint64_t total = spare_.size();
  for (const Column& c : columns_) total += static_cast<std::uint64_t>(c.words.size());
  return total * sizeof(Word);
}

}  // namespace filigree
