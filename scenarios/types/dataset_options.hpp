// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `mpm_dataset`: trajectories of random scenes, for learning.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/run_options.hpp"
#include "scenarios/types/mpm_options.hpp"

namespace filigree {

/// How many trajectories go into which part.
struct SplitOptions {
  std::int64_t train = 24;
  std::int64_t validation = 3;
  std::int64_t test = 3;

  template <class V>
  void reflect(V& v) {
    v("train", train, About{.doc = "trajectories to learn from", .min = 1, .max = 1'000'000});
    v("validation", validation,
      About{.doc = "trajectories to choose by", .min = 0, .max = 1'000'000});
    v("test", test, About{.doc = "trajectories to judge by", .min = 0, .max = 1'000'000});
  }
  std::int64_t total() const { return train + validation + test; }
};

enum class RandomShape { kBox, kSphere };
template <>
struct EnumNames<RandomShape> {
  static constexpr std::array names{"box", "sphere"};
};

/// Bodies at random places with random velocities. Every number is drawn evenly from its range.
struct RandomBodiesOptions {
  std::array<std::int64_t, 2> count{1, 3};
  std::vector<RandomShape> shapes{RandomShape::kBox, RandomShape::kSphere};
  std::array<double, 2> size{};
  std::array<double, 2> speed{};
  std::array<double, 2> angular_speed{};
  bool turned = false;
  int points_per_axis = 2;
  double jitter = 0;

  template <class V>
  void reflect(V& v) {
    v("count", count, About{.doc = "fewest and most bodies in a scene", .min = 1, .max = 100});
    v("shapes", shapes, About{.doc = "kinds to choose from"});
    v("size", size,
      About{.doc = "smallest and largest edge of a box (each edge by itself) or diameter",
            .unit = "m",
            .above = 0,
            .required = true});
    v("speed", speed,
      About{.doc = "slowest and fastest, in any direction", .unit = "m/s", .min = 0});
    v("angular_speed", angular_speed,
      About{.doc = "slowest and fastest rotation about the middle, about any axis",
            .unit = "rad/s",
            .min = 0});
    v("turned", turned,
      About{.doc = "true: boxes start turned, every orientation as likely as any other"});
    v("points_per_axis", points_per_axis,
      About{.doc = "particles per cell and axis", .min = 1, .max = 8});
    v("jitter", jitter,
      About{.doc = "random displacement of the lattice, in spacings", .min = 0, .max = 0.5});
  }
  std::string validate() const;
};

struct DatasetOptions {
  DomainOptions domain;
  std::vector<double> gravity;
  SolverOptions solver;
  Law material;
  RandomBodiesOptions bodies;
  SplitOptions trajectories;
  int batch = 8;
  double radius = 0;

  // From the blocks `time` and `output` (plan_dataset).
  double duration = 0;      ///< s, of one trajectory
  std::int64_t frames = 0;  ///< recorded after the initial one

  template <class V>
  void reflect(V& v) {
    v("domain", domain, About{.doc = "box that holds a scene", .required = true});
    v("gravity", gravity, About{.doc = "acceleration; none when absent", .unit = "m/s^2"});
    v("solver", solver, About{.doc = "steps and transfers"});
    v("material", material, About{.doc = "constitutive law of all bodies", .required = true});
    v("bodies", bodies, About{.doc = "what a random scene is made of", .required = true});
    v("trajectories", trajectories, About{.doc = "how many, for what"});
    v("batch", batch,
      About{.doc = "trajectories computed at once; no trajectory depends on it",
            .min = 1,
            .max = 1000});
    v("radius", radius,
      About{.doc = "connectivity radius to put into metadata.json; 0: three particle spacings",
            .unit = "m",
            .min = 0});
  }
  std::string validate() const;
};

/// `time.end` and `output.every` of the file are those of one trajectory; the run as a whole lasts
/// for all of them, with a frame for each. Returns "" or "key: problem".
std::string plan_dataset(DatasetOptions& options, RunOptions& run);

/// The same scene as options of type `mpm`; its one body has the law and no shape.
MpmOptions scene_options(const DatasetOptions& options);

}  // namespace filigree
