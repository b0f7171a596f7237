// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Particles as a structure of arrays with named, typed fields.
//
// A field is declared by a tag:
//   struct Velocity { using type = Vec<3>; static constexpr const char* kName = "velocity";
//                     static constexpr const char* kUnit = "m/s"; };
// and reached by it: Array<Vec<3>> v = particles.get<Velocity>(). Rows [0, n_owned) belong to this
// rank, rows [n_owned, n_total) are copies of other ranks' particles (none yet).
#pragma once

#include <string>
#include <vector>

#include "core/array.hpp"
#include "core/state_visitor.hpp"
#include "core/vec.hpp"

namespace filigree {

namespace detail {
template <class T>
struct RowOf {
  using scalar = T;
  static constexpr Index components = 1;
};
template <int N, class T>
struct RowOf<Vec<N, T>> {
  using scalar = T;
  static constexpr Index components = N;
};
template <int R, int C, class T>
struct RowOf<Mat<R, C, T>> {
  using scalar = T;
  static constexpr Index components = R * C;
};
}  // namespace detail

class ParticleSystem {
 public:
  ParticleSystem() = default;
  explicit ParticleSystem(Index n) : n_owned_(n), n_total_(n) {}

  Index n_owned() const { return n_owned_; }
  Index n_total() const { return n_total_; }

  /// Adds a zero-filled field. Throws InternalError when it is there already.
  template <class Field>
  Array<typename Field::type> add() {
    using T = typename Field::type;
    using Row = detail::RowOf<T>;
    static_assert(sizeof(T) % sizeof(Word) == 0);
    add_column(Field::kName, Field::kUnit, dtype_of<typename Row::scalar>(), Row::components);
    return get<Field>();
  }

  /// The rows of a field, valid until permute(), append(), select() or load. Throws InternalError
  /// when it is absent.
  template <class Field>
  Array<typename Field::type> get() const {
    using T = typename Field::type;
    return Array<T>(
        typename Array<T>::View(reinterpret_cast<T*>(column(Field::kName).words.data()), n_total_));
  }

  bool contains(const std::string& name) const;
  std::vector<std::string> names() const;

  /// Row i of every field becomes the former row order(i). `order` is a permutation of [0,
  /// n_total).
  void permute(const Array<Index>& order);

  /// Adds n zero-filled rows behind the last one. Storage that is full grows by half; no ghost
  /// rows.
  void append(Index n);

  /// Keeps the rows with keep(i) != 0 in their order and returns how many they are. `keep` has at
  /// least n_total rows; no ghost rows. Storage does not shrink.
  Index select(const Array<Index>& keep);

  /// A host copy of one field, with its name and unit.
  NamedArray to_named_array(const std::string& name) const;

  /// Every field, with the particle count; loading replaces the rows and checks types, and the
  /// count unless `any_count`.
  void reflect_state(StateVisitor& visitor, bool any_count = false);

  /// Bytes held, spare rows included.
  std::uint64_t bytes() const;

 private:
  using Word = std::uint32_t;
  struct Column {
    std::string name;
    std::string unit;
    DType dtype;
    Index components;
    Index words_per_row;
    Array<Word> words;  ///< [n_total * words_per_row], then rows not in use
  };

  void add_column(const char* name, const char* unit, DType dtype, Index components);
  const Column& column(const std::string& name) const;
  void grow(Index n);
  void gather(Index n, const Array<Index>& order);
  void load(Column& column, const NamedArray& array);

  Index n_owned_ = 0;
  Index n_total_ = 0;
  std::vector<Column> columns_;
  Array<Word> spare_;    ///< where rows are gathered, one field at a time
  Array<Index> places_;  ///< of select(): the new row of each row that stays
  Array<Index> order_;   ///< of select(): the former row of each row that stays
};

}  // namespace filigree
