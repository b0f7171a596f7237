// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/communicator.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/vec.hpp"

namespace filigree {
namespace {

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const InternalError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Communicator, OneRankKeepsSumsMaximaAndBroadcasts) {
  const std::unique_ptr<Communicator> comm = std::make_unique<SelfComm>();
  EXPECT_EQ(comm->rank(), 0);
  EXPECT_EQ(comm->n_ranks(), 1);
  std::vector<double> values{1.5, -2};
  comm->sum(values);
  comm->max(values);
  comm->broadcast(std::as_writable_bytes(std::span(values)), 0);
  EXPECT_EQ(values, (std::vector<double>{1.5, -2}));
  std::vector<std::int64_t> counts{7};
  comm->sum(counts);
  EXPECT_EQ(counts[0], 7);
  EXPECT_EQ(error_of([&] { comm->broadcast({}, 1); }),
            "broadcast from rank 1 but there is only rank 0");
}

TEST(Communicator, ExchangeOfAnEmptyHaloChangesNothing) {
  const auto x = to_device("x", std::vector<double>{1, 2, 3});
  SelfComm().exchange({.n_owned = 3, .n_total = 3, .neighbours = {}}, {halo_field(x)});
  EXPECT_EQ(to_vector(x), (std::vector<double>{1, 2, 3}));
  const Array<double> none("none", 0);
  SelfComm().exchange({}, {halo_field(none)});
}

TEST(Communicator, PeriodicImagesAreCopiedForEveryFieldInOrder) {
  Halo halo{.n_owned = 3, .n_total = 6, .neighbours = {}};
  halo.neighbours.push_back({0, to_device("right", std::vector<Index>{2, 0}), 2});
  halo.neighbours.push_back({0, to_device("left", std::vector<Index>{1}), 1});
  const auto mass = to_device("mass", std::vector<double>{10, 11, 12, 0, 0, 0});
  const auto id = to_device("id", std::vector<Index>{5, 6, 7, 0, 0, 0});
  using Position = Vec<2, double>;
  const auto x = to_device("x", std::vector<Position>{{1, 2}, {3, 4}, {5, 6}, {}, {}, {}});
  HostArray<float, 2> table("table", 6, 3);
  for (Index i = 0; i < 6; ++i) {
    for (Index j = 0; j < 3; ++j) table(i, j) = static_cast<float>(10 * i + j);
  }
  const Array<float, 2> device_table = to_device(table);

  SelfComm().exchange(halo,
                      {halo_field(mass), halo_field(id), halo_field(x), halo_field(device_table)});

  EXPECT_EQ(to_vector(mass), (std::vector<double>{10, 11, 12, 12, 10, 11}));
  EXPECT_EQ(to_vector(id), (std::vector<Index>{5, 6, 7, 7, 5, 6}));
  EXPECT_EQ(to_vector(x)[3], (Position{5, 6}));
  EXPECT_EQ(to_vector(x)[5], (Position{3, 4}));
  const auto rows = to_host(device_table);
  for (Index j = 0; j < 3; ++j) {
    EXPECT_EQ(rows(3, j), rows(2, j));
    EXPECT_EQ(rows(4, j), rows(0, j));
    EXPECT_EQ(rows(5, j), rows(1, j));
  }
}

TEST(Communicator, HalosThatDoNotFitAreErrorsBeforeAnyRowIsTouched) {
  const auto x = to_device("x", std::vector<double>{1, 2, 3});
  const SelfComm comm;
  Halo halo{.n_owned = 2, .n_total = 3, .neighbours = {}};
  EXPECT_EQ(error_of([&] { comm.exchange(halo, {halo_field(x)}); }),
            "the halo has 2 owned and 0 ghost rows but 3 in all");
  halo.neighbours.push_back({1, to_device("send", std::vector<Index>{0}), 1});
  EXPECT_EQ(error_of([&] { comm.exchange(halo, {halo_field(x)}); }),
            "the halo has a neighbour of rank 1 but there are 1 ranks");
  halo.neighbours[0].rank = 0;
  const Array<double> wrong("wrong", 4);
  EXPECT_EQ(error_of([&] {
              comm.exchange(halo, {halo_field(x), halo_field(wrong)});
            }),
            "a field has 4 rows but the halo has 3");
  halo.neighbours[0].send = to_device("send", std::vector<Index>{0, 1});
  EXPECT_EQ(error_of([&] { comm.exchange(halo, {halo_field(x)}); }),
            "the halo sends 2 rows to its own rank but receives 1");
  EXPECT_EQ(to_vector(x), (std::vector<double>{1, 2, 3}));
}

}  // namespace
}  // namespace filigree
