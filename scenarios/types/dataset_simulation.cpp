// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/dataset_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "physics/mpm/material.hpp"
#include "physics/mpm/mpm_step.hpp"
#include "scenarios/types/dataset_files.hpp"
#include "scenarios/types/dataset_scene.hpp"
#include "scenarios/types/mpm_frame.hpp"
#include "scenarios/types/mpm_scene.hpp"

namespace filigree {

namespace {

/// Several trajectories on one grid.
template <int D>
struct Batch {
  mpm::Model<D> model;
  mpm::State<D> state;
  mpm::Scratch<D> scratch;
  std::vector<std::int64_t> starts;  ///< [scenes + 1] first id of each scene
};

/// The trajectories [first, last) at their start.
template <int D>
Batch<D> make_batch(const DatasetOptions& options, std::uint64_t seed, std::int64_t first,
                    std::int64_t last, std::vector<Trajectory>& trajectories) {
  Batch<D> batch;
  batch.model = make_model<D>(scene_options(options));
  mpm::set_scenes(batch.model.grid, last - first);
  batch.starts = {0};
  std::vector<mpm::Seed<D>> seeds;
  trajectories.clear();
  for (std::int64_t i = first; i < last; ++i) {
    RandomScene<D> scene = random_scene<D>(options, seed, i);
    for (mpm::Seed<D>& particle : scene.seeds) {
      particle.scene = static_cast<Index>(i - first);
      seeds.push_back(particle);
    }
    batch.starts.push_back(static_cast<std::int64_t>(seeds.size()));
    trajectories.push_back(
        {static_cast<std::int64_t>(scene.seeds.size()), scene.bodies, {}, {}, {}, {}});
  }
  batch.state = mpm::seed_state(batch.model, seeds);
  return batch;
}

/// Appends the current state to the trajectories.
template <int D>
void record(const Batch<D>& batch, double time, std::vector<Trajectory>& trajectories) {
  const ParticleSystem& p = batch.state.particles;
  const auto ids = to_host(p.template get<mpm::Id>());
  const auto x = to_host(p.template get<mpm::Position<D>>());
  const auto v = to_host(p.template get<mpm::Velocity<D>>());
  const auto F = to_host(p.template get<mpm::Deformation<D>>());
  const auto J = to_host(p.template get<mpm::History>());
  const bool is_fluid =
      std::holds_alternative<laws::WeaklyCompressibleFluid>(batch.model.laws.front());
  const std::vector<Index> row_of = rows_by_id(ids);
  for (std::size_t t = 0; t < trajectories.size(); ++t) {
    Trajectory& to = trajectories[t];
    to.times.push_back(time);
    for (auto id = batch.starts[t]; id < batch.starts[t + 1]; ++id) {
      const Index row = row_of[static_cast<std::size_t>(id)];
      const Mat<D> deformation =
          is_fluid ? Kokkos::pow(J(row), Real(1) / D) * Mat<D>::identity() : F(row);
      for (int a = 0; a < D; ++a) {
        to.positions.push_back(static_cast<float>(x(row)[a]));
        to.velocities.push_back(static_cast<float>(v(row)[a]));
      }
      for (int c = 0; c < D * D; ++c) {
        to.deformations.push_back(static_cast<float>(deformation.data[c]));
      }
    }
  }
}

template <int D>
class DatasetSimulation final : public Simulation {
 public:
  explicit DatasetSimulation(const DatasetOptions& options) : options_(options), sums_(D) {}

  void initialize(const RunContext& context) override {
    seed_ = context.seed;
    folder_ = context.output_folder;
    const mpm::Model<D> model = make_model<D>(scene_options(options_));
    substeps_ = substeps_of(model);
    check_room<D>(options_, seed_);
  }

  Estimate estimate() const override;
  StepReport step(double until) override;

  void diagnose(Recorder& recorder) const override {
    recorder.add("trajectories", static_cast<double>(done_));
    recorder.add("least_particles", sums_.least_particles);
    recorder.add("most_particles", sums_.most_particles);
  }
  /// The start of the next trajectory; of the last one when all are done.
  void describe(Frame& frame) const override {
    const std::int64_t shown = std::min(done_, options_.trajectories.total() - 1);
    std::vector<Trajectory> unused;
    const Batch<D> batch = make_batch<D>(options_, seed_, shown, shown + 1, unused);
    fill_frame<D>(batch.model, batch.state, {"bodies"}, frame);
    frame.time = time();
  }
  std::optional<Trouble> inspect() const override { return std::nullopt; }  // see step()
  void reflect_state(StateVisitor& visitor) override {
    double duration = options_.duration;
    std::int64_t frames = options_.frames;
    visitor("duration", duration);
    visitor("frames", frames);
    FILIGREE_REQUIRE(duration == options_.duration && frames == options_.frames,
                     "the data set was begun with trajectories of {} frames in {} s: keep time.end "
                     "and output.every, or start a new one",
                     frames, number_text(duration));
    visitor("trajectories", done_);
    sums_.reflect_state(visitor);
    if (visitor.loading()) ready_.clear();
  }
  double time() const override { return static_cast<double>(done_) * options_.duration; }
  std::vector<std::string> random_streams() const override {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < options_.trajectories.total(); ++i) {
      names.push_back(trajectory_stream(i));
    }
    return names;
  }
  void evaluate(Recorder& metrics) const override {
    metrics.add("trajectories", static_cast<double>(done_));
    metrics.add("substeps_per_frame", static_cast<double>(substeps_));
    metrics.add("least_particles", sums_.least_particles);
    metrics.add("most_particles", sums_.most_particles);
  }

 private:
  double interval() const { return options_.duration / static_cast<double>(options_.frames); }
  std::int64_t substeps_of(const mpm::Model<D>& model) const;
  std::optional<Trouble> compute_batch();
  Trouble trouble_of(const Batch<D>& batch, Index id, std::int64_t frame,
                     const std::string& what) const;

  DatasetOptions options_;
  std::uint64_t seed_ = 0;
  std::filesystem::path folder_;
  std::int64_t substeps_ = 1;      ///< per frame, the same for all trajectories
  std::int64_t done_ = 0;          ///< trajectories on disk
  std::vector<Trajectory> ready_;  ///< computed, from number done_ on
  DatasetSums sums_;
};

/// Steps of equal length that are stable at the largest speed any trajectory can reach, so that a
/// trajectory does not depend on its companions.
template <int D>
std::int64_t DatasetSimulation<D>::substeps_of(const mpm::Model<D>& model) const {
  const double dt =
      model.fixed_dt > 0 ? model.fixed_dt : mpm::step_limit_at(model, largest_speed(options_)).dt;
  return static_cast<std::int64_t>(std::max(1.0, std::ceil(interval() / dt * (1 - 1e-9))));
}

template <int D>
Trouble DatasetSimulation<D>::trouble_of(const Batch<D>& batch, Index id, std::int64_t frame,
                                         const std::string& what) const {
  const auto scene =
      std::upper_bound(batch.starts.begin(), batch.starts.end(), id) - batch.starts.begin() - 1;
  return {format("trajectory {}, particle {}: {}", done_ + scene,
                 id - batch.starts[static_cast<std::size_t>(scene)], what),
          format("frame {} of {}, step {} s", frame, options_.frames,
                 number_text(interval() / static_cast<double>(substeps_))),
          "the walls are open, or the step is above the stability limit",
          "close the walls, lower solver.cfl or solver.dt, or lower bodies.speed"};
}

template <int D>
std::optional<Trouble> DatasetSimulation<D>::compute_batch() {
  const std::int64_t last = std::min(done_ + options_.batch, options_.trajectories.total());
  Batch<D> batch = make_batch<D>(options_, seed_, done_, last, ready_);
  const double dt = interval() / static_cast<double>(substeps_);
  record(batch, 0, ready_);
  for (std::int64_t frame = 1; frame <= options_.frames; ++frame) {
    for (std::int64_t i = 0; i < substeps_; ++i) {
      const Index lost = mpm::step(batch.model, batch.state, batch.scratch, dt);
      if (lost >= 0) return trouble_of(batch, lost, frame, "it left the grid");
    }
    const auto [invalid, field] = mpm::find_invalid(batch.state);
    if (invalid >= 0) return trouble_of(batch, invalid, frame, field + " is not finite");
    record(batch, static_cast<double>(frame) * interval(), ready_);
  }
  return std::nullopt;
}

template <int D>
StepReport DatasetSimulation<D>::step(
    double /*until*/) {  // frames of the run: one trajectory apart
  StepReport report;
  report.dt = options_.duration;
  if (ready_.empty()) {
    report.trouble = compute_batch();
    if (report.trouble) return report;
  }
  write_trajectory(folder_ / trajectory_file(options_.trajectories, done_), ready_.front(),
                   options_.domain);
  sums_.count_particles(ready_.front());
  if (done_ < options_.trajectories.train) sums_.add(ready_.front());
  ready_.erase(ready_.begin());
  ++done_;
  if (done_ == options_.trajectories.total()) {
    write_metadata(folder_ / "metadata.json", options_, seed_, substeps_, sums_);
  }
  return report;
}

template <int D>
Estimate DatasetSimulation<D>::estimate() const {
  using Clock = std::chrono::steady_clock;
  std::vector<Trajectory> trajectories;
  const std::int64_t total = options_.trajectories.total();
  const std::int64_t n = std::min<std::int64_t>(options_.batch, total);
  Batch<D> batch = make_batch<D>(options_, seed_, 0, n, trajectories);
  const double dt = interval() / static_cast<double>(substeps_);
  double seconds = 0;
  for (int repeat = 0; repeat < 2; ++repeat) {  // the first round warms up
    const auto start = Clock::now();
    mpm::step(batch.model, batch.state, batch.scratch, dt);
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  const auto particles = static_cast<std::uint64_t>(batch.starts.back());
  Estimate estimate;
  estimate.bytes =
      mpm::memory(batch.state, batch.scratch) +
      particles * static_cast<std::uint64_t>(options_.frames + 1) * (2 * D + D * D) * sizeof(float);
  estimate.dt = options_.duration;
  estimate.steps = total;
  estimate.seconds_per_step =
      seconds * static_cast<double>(options_.frames * substeps_) / static_cast<double>(n);
  estimate.summary = format(
      "{} trajectories of {} frames, {} substeps of {:.3g} s per frame, {} particles in the "
      "first batch of {}",
      total, options_.frames + 1, substeps_, dt, particles, n);
  return estimate;
}

}  // namespace

std::unique_ptr<Simulation> make_dataset(const DatasetOptions& options) {
  if (options.domain.min.size() == 2) return std::make_unique<DatasetSimulation<2>>(options);
  return std::make_unique<DatasetSimulation<3>>(options);
}

}  // namespace filigree
