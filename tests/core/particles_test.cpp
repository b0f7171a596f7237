// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/particles.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "core/random.hpp"

namespace filigree {
namespace {

struct Position {
  using type = Vec<3, double>;
  static constexpr const char* kName = "position";
  static constexpr const char* kUnit = "m";
};
struct Mass {
  using type = float;
  static constexpr const char* kName = "mass";
  static constexpr const char* kUnit = "kg";
};
struct Id {
  using type = Index;
  static constexpr const char* kName = "id";
  static constexpr const char* kUnit = "";
};
struct Gradient {
  using type = Mat<2, 2, double>;
  static constexpr const char* kName = "gradient";
  static constexpr const char* kUnit = "1/s";
};

// Kernels stand in free functions: nvcc takes no lambda from a private member such as a test body.
void number(const ParticleSystem& particles) {
  const auto x = particles.get<Position>();
  const auto mass = particles.get<Mass>();
  const auto id = particles.get<Id>();
  for_each(
      "test/number", particles.n_total(), FILIGREE_LAMBDA(Index i) {
        x(i) = {i + 0.25, i + 0.5, i + 0.75};
        mass(i) = static_cast<float>(i) / 2;
        id(i) = i;
      });
}

ParticleSystem sample(Index n) {
  ParticleSystem particles(n);
  particles.add<Position>();
  particles.add<Mass>();
  particles.add<Id>();
  number(particles);
  return particles;
}

template <class Kind, class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Kind& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Particles, FieldsStartAtZeroAndAreFoundByTag) {
  ParticleSystem particles(5);
  particles.add<Position>();
  EXPECT_EQ(particles.n_owned(), 5);
  EXPECT_EQ(particles.n_total(), 5);
  EXPECT_TRUE(particles.contains("position"));
  EXPECT_FALSE(particles.contains("mass"));
  EXPECT_EQ(particles.get<Position>().size(), 5);
  for (const auto& x : to_vector(particles.get<Position>())) {
    EXPECT_EQ(x, (Vec<3, double>{0, 0, 0}));
  }
}

TEST(Particles, FieldsOfAnyTypeKeepTheirValues) {
  const ParticleSystem particles = sample(700);
  EXPECT_EQ(particles.names(), (std::vector<std::string>{"position", "mass", "id"}));
  const auto x = to_vector(particles.get<Position>());
  const auto mass = to_vector(particles.get<Mass>());
  EXPECT_EQ(x[699], (Vec<3, double>{699.25, 699.5, 699.75}));
  EXPECT_EQ(mass[699], 349.5f);
}

TEST(Particles, MissingAndRepeatedFieldsAreErrorsThatNameThem) {
  ParticleSystem particles = sample(3);
  EXPECT_EQ(error_of<InternalError>([&] { particles.get<Gradient>(); }),
            "particles have no field 'gradient'; they have position, mass, id");
  EXPECT_EQ(error_of<InternalError>([&] { particles.add<Mass>(); }),
            "particle field 'mass' is added twice");
}

TEST(Particles, MoreRowsThanIndicesReachAreAnError) {
  ParticleSystem particles(400000000);
  EXPECT_EQ(error_of<InputError>([&] { particles.add<Position>(); }),
            "400000000 particles are too many for field 'position': at most 357913941 fit");
}

TEST(Particles, PermutationMovesAllFieldsTogether) {
  for (const Index n : {0, 1, 2, 1000}) {
    ParticleSystem particles = sample(n);
    const std::vector<Index> order = RandomStream(1, "order").permutation(n);
    particles.permute(to_device("order", order));
    particles.permute(to_device("order", order));
    const auto x = to_vector(particles.get<Position>());
    const auto mass = to_vector(particles.get<Mass>());
    const auto id = to_vector(particles.get<Id>());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Index former = order[static_cast<std::size_t>(order[i])];
      EXPECT_EQ(id[i], former);
      EXPECT_EQ(mass[i], static_cast<float>(former) / 2);
      EXPECT_EQ(x[i][2], former + 0.75);
    }
  }
}

TEST(Particles, RepeatedPermutationsAllocateNothing) {
  ParticleSystem particles = sample(100);
  const auto order = to_device("order", RandomStream(1, "order").permutation(100));
  particles.permute(order);
  const Offset before = array_allocations();
  for (int k = 0; k < 10; ++k) particles.permute(order);
  EXPECT_EQ(array_allocations(), before);
}

TEST(Particles, AppendedRowsAreZeroAndFormerOnesStay) {
  for (const Index n : {0, 1, 700}) {
    ParticleSystem particles = sample(n);
    for (const Index more : {0, 1, 300}) particles.append(more);
    EXPECT_EQ(particles.n_owned(), n + 301);
    EXPECT_EQ(particles.n_total(), n + 301);
    const auto x = to_vector(particles.get<Position>());
    const auto mass = to_vector(particles.get<Mass>());
    ASSERT_EQ(x.size(), static_cast<std::size_t>(n) + 301);
    for (Index i = 0; i < n + 301; ++i) {
      const auto row = static_cast<std::size_t>(i);
      EXPECT_EQ(x[row][1], i < n ? i + 0.5 : 0);
      EXPECT_EQ(mass[row], i < n ? static_cast<float>(i) / 2 : 0);
    }
  }
}

TEST(Particles, SelectedRowsKeepTheirOrder) {
  for (const Index n : {0, 1, 2, 1000}) {
    for (const Index nth : {1, 2, 3, 2000}) {  // every row, every second, ..., the first alone
      ParticleSystem particles = sample(n);
      std::vector<Index> keep;
      std::vector<Index> expected;
      for (Index i = 0; i < n; ++i) {
        keep.push_back(i % nth == 0 ? 7 : 0);
        if (i % nth == 0) expected.push_back(i);
      }
      const auto left = static_cast<Index>(expected.size());
      EXPECT_EQ(particles.select(to_device("keep", keep)), left);
      EXPECT_EQ(particles.n_total(), left);
      EXPECT_EQ(to_vector(particles.get<Id>()), expected);
      const auto x = to_vector(particles.get<Position>());
      for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(x[i][2], expected[i] + 0.75);
    }
  }
}

TEST(Particles, AllRowsCanGoAndOthersCome) {
  ParticleSystem particles = sample(5);
  EXPECT_EQ(particles.select(to_device("keep", std::vector<Index>(5, 0))), 0);
  EXPECT_EQ(particles.n_owned(), 0);
  EXPECT_EQ(particles.get<Position>().size(), 0);
  EXPECT_EQ(particles.to_named_array("position").shape, (std::vector<std::int64_t>{0, 3}));
  particles.append(2);
  EXPECT_EQ(to_vector(particles.get<Id>()), (std::vector<Index>{0, 0}));
  EXPECT_EQ(to_vector(particles.get<Position>())[1], (Vec<3, double>{0, 0, 0}));
}

TEST(Particles, RowsThatComeAndGoWithinTheRoomAllocateNothing) {
  ParticleSystem particles = sample(100);
  particles.append(20);
  const auto keep = to_device("keep", [] {
    std::vector<Index> marks(120, 1);
    for (int i = 0; i < 20; ++i) marks[static_cast<std::size_t>(5 * i)] = 0;
    return marks;
  }());
  particles.select(keep);
  const Offset before = array_allocations();
  for (int k = 0; k < 10; ++k) {
    particles.append(20);
    EXPECT_EQ(particles.select(keep), 100);
  }
  EXPECT_EQ(array_allocations(), before);
}

TEST(Particles, NamedArraysCarryTypeShapeAndUnit) {
  ParticleSystem particles = sample(4);
  particles.add<Gradient>();
  const NamedArray x = particles.to_named_array("position");
  EXPECT_EQ(x.name, "position");
  EXPECT_EQ(x.unit, "m");
  EXPECT_EQ(x.dtype, DType::kF64);
  EXPECT_EQ(x.shape, (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(x.value(11), 3.75);
  const NamedArray mass = particles.to_named_array("mass");
  EXPECT_EQ(mass.dtype, DType::kF32);
  EXPECT_EQ(mass.shape, (std::vector<std::int64_t>{4}));
  EXPECT_EQ(mass.value(3), 1.5);
  EXPECT_EQ(particles.to_named_array("gradient").shape, (std::vector<std::int64_t>{4, 4}));
}

TEST(Particles, LoadingGivesBackEveryBit) {
  ParticleSystem saved = sample(300);
  StateSaver saver;
  saved.reflect_state(saver);
  EXPECT_EQ(saver.arrays.names(), (std::vector<std::string>{"particles", "particles/position",
                                                            "particles/mass", "particles/id"}));
  ParticleSystem loaded(300);
  loaded.add<Position>();
  loaded.add<Mass>();
  loaded.add<Id>();
  StateLoader loader(saver.arrays);
  loaded.reflect_state(loader);
  for (const std::string& name : saved.names()) {
    EXPECT_EQ(loaded.to_named_array(name), saved.to_named_array(name));
  }
}

TEST(Particles, AnyCountCanBeLoadedWhenAllowed) {
  for (const Index n : {0, 3, 300}) {
    ParticleSystem saved = sample(n);
    saved.append(4);
    StateSaver saver;
    saved.reflect_state(saver, true);
    ParticleSystem loaded = sample(9);
    StateLoader loader(saver.arrays);
    loaded.reflect_state(loader, true);
    EXPECT_EQ(loaded.n_owned(), n + 4);
    for (const std::string& name : saved.names()) {
      EXPECT_EQ(loaded.to_named_array(name), saved.to_named_array(name));
    }
  }
}

TEST(Particles, StoredStatesThatDoNotFitAreErrors) {
  ParticleSystem saved = sample(3);
  StateSaver saver;
  saved.reflect_state(saver);
  StateLoader loader(saver.arrays);
  ParticleSystem fewer = sample(2);
  EXPECT_EQ(error_of<InputError>([&] { fewer.reflect_state(loader); }),
            "the stored state has 3 particles but the scenario makes 2");
  NamedArrays altered;
  for (const NamedArray& array : saver.arrays) {
    altered.add(array.name == "particles/mass" ? make_array(array.name, DType::kF64, {3}) : array);
  }
  StateLoader altered_loader(altered);
  EXPECT_EQ(error_of<InputError>([&] { saved.reflect_state(altered_loader); }),
            "the stored field 'mass' holds 3 f64 values but the scenario needs 3 f32");
}

TEST(Particles, BytesCountRowsAndSpareRows) {
  ParticleSystem particles = sample(10);
  EXPECT_EQ(particles.bytes(), 10u * (24 + 4 + 4));
  particles.permute(to_device("order", RandomStream(1, "order").permutation(10)));
  EXPECT_EQ(particles.bytes(), 10u * (24 + 4 + 4) + 10u * 24);
}

}  // namespace
}  // namespace filigree
