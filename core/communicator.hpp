// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What ranks say to each other: sums in rank order, broadcasts, and ghost rows.
//
// Code that loops over owned rows, reads ghost rows and talks through this interface runs on one
// rank today and on several with another Communicator. Every call is made by all ranks together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "core/array.hpp"

namespace filigree {

/// Which owned rows are copied to which ghost rows. Rows are [0, n_owned) owned, then
/// [n_owned, n_total) ghosts, filled neighbour by neighbour in the order of the list.
struct Halo {
  struct Neighbour {
    int rank = 0;         ///< may be the own rank: periodic images
    Array<Index> send;    ///< owned rows that the neighbour needs, in the order of its ghosts
    Index n_receive = 0;  ///< ghost rows that come from the neighbour
  };
  Index n_owned = 0;
  Index n_total = 0;
  std::vector<Neighbour> neighbours;
};

/// The rows of one array, whatever its type.
struct HaloField {
  std::byte* rows;
  Offset row_bytes;
  Index n_rows;
};

template <class T, int R>
HaloField halo_field(const Array<T, R>& array) {
  static_assert(std::is_trivially_copyable_v<T>);
  const Index n_rows = array.extent(0);
  const Offset per_row = n_rows == 0 ? 0 : array.size() / n_rows;
  return {reinterpret_cast<std::byte*>(array.data()), per_row * Offset(sizeof(T)), n_rows};
}

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int n_ranks() const = 0;

  /// Replaces each value by its sum over all ranks, added in rank order: the same bits on all.
  virtual void sum(std::span<double> values) const = 0;
  virtual void sum(std::span<std::int64_t> values) const = 0;
  /// Replaces each value by its largest over all ranks; NaN wins.
  virtual void max(std::span<double> values) const = 0;
  /// Replaces the bytes by those of rank `root`.
  virtual void broadcast(std::span<std::byte> bytes, int root) const = 0;
  /// Fills the ghost rows of every field. Throws InternalError when a field or the halo does not
  /// fit: all of them are checked before a row is touched.
  void exchange(const Halo& halo, const std::vector<HaloField>& fields) const;

 protected:
  virtual void exchange_checked(const Halo& halo, const std::vector<HaloField>& fields) const = 0;
};

/// The only rank there is. Neighbours of a halo are itself.
class SelfComm final : public Communicator {
 public:
  int rank() const override { return 0; }
  int n_ranks() const override { return 1; }
  void sum(std::span<double>) const override {}
  void sum(std::span<std::int64_t>) const override {}
  void max(std::span<double>) const override {}
  void broadcast(std::span<std::byte> bytes, int root) const override;

 protected:
  void exchange_checked(const Halo& halo, const std::vector<HaloField>& fields) const override;
};

}  // namespace filigree
