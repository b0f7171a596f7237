// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/communicator.hpp"

#include "core/parallel.hpp"

namespace filigree {

namespace {

/// Row first + k becomes row send(k).
void copy_rows(const HaloField& field, const Array<Index>& send, Index first) {
  std::byte* const rows = field.rows;
  const Offset row_bytes = field.row_bytes;
  for_each(
      "communicator/copy_rows", send.size(), FILIGREE_LAMBDA(Index k) {
        const std::byte* from = rows + send(k) * row_bytes;
        std::byte* to = rows + (first + k) * row_bytes;
        for (Offset b = 0; b < row_bytes; ++b) to[b] = from[b];
      });
}

void check(const Halo& halo, const std::vector<HaloField>& fields, int n_ranks) {
  Offset n_ghosts = 0;
  for (const Halo::Neighbour& neighbour : halo.neighbours) {
    if (neighbour.rank < 0 || neighbour.rank >= n_ranks) {
      throw InternalError(format("the halo has a neighbour of rank {} but there are {} ranks",
                                 neighbour.rank, n_ranks));
    }
    n_ghosts += neighbour.n_receive;
  }
  if (halo.n_owned < 0 || halo.n_owned + n_ghosts != halo.n_total) {
    throw InternalError(format("the halo has {} owned and {} ghost rows but {} in all",
                               halo.n_owned, n_ghosts, halo.n_total));
  }
  for (const HaloField& field : fields) {
    if (field.n_rows != halo.n_total) {
      throw InternalError(
          format("a field has {} rows but the halo has {}", field.n_rows, halo.n_total));
    }
  }
}

}  // namespace

void Communicator::exchange(const Halo& halo, const std::vector<HaloField>& fields) const {
  check(halo, fields, n_ranks());
  exchange_checked(halo, fields);
}

void SelfComm::broadcast(std::span<std::byte>, int root) const {
  if (root != 0)
    throw InternalError(format("broadcast from rank {} but there is only rank 0", root));
}

void SelfComm::exchange_checked(const Halo& halo, const std::vector<HaloField>& fields) const {
  for (const Halo::Neighbour& neighbour : halo.neighbours) {
    if (neighbour.send.size() != neighbour.n_receive) {
      throw InternalError(format("the halo sends {} rows to its own rank but receives {}",
                                 neighbour.send.size(), neighbour.n_receive));
    }
  }
  for (const HaloField& field : fields) {
    Index first = halo.n_owned;
    for (const Halo::Neighbour& neighbour : halo.neighbours) {
      copy_rows(field, neighbour.send, first);
      first += neighbour.n_receive;
    }
  }
}

}  // namespace filigree
