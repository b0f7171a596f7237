// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/exchange.hpp"

#include <algorithm>
#include <variant>

#include "core/parallel.hpp"
#include "core/to_real.hpp"

namespace filigree::mpm {

namespace {

/// sum m_p (v - v_p) over the particles that source `number` still holds at `end`.
template <int D>
Vec<D, double> missing_momentum(const ParticleSystem& particles, Index number, const Vec<D> v,
                                double end, Reducer& reducer) {
  const auto inlets = particles.get<Inlet>();
  const auto releases = particles.get<Release>();
  const auto masses = particles.get<Mass>();
  const auto velocities = particles.get<Velocity<D>>();
  return reducer.sum(
      "mpm/inflow_momentum", particles.n_owned(), Vec<D, double>::zero(), FILIGREE_LAMBDA(Index p) {
        Vec<D, double> sum{};
        if (inlets(p) != number || double(releases(p)) <= end) return sum;
        for (int a = 0; a < D; ++a) sum[a] = double(masses(p)) * (double(v[a]) - velocities(p)[a]);
        return sum;
      });
}

template <int D>
void carry(const ParticleSystem& particles, Index number, const Vec<D> v, double end, Real dt) {
  const auto inlets = particles.get<Inlet>();
  const auto releases = particles.get<Release>();
  const auto positions = particles.get<Position<D>>();
  const auto velocities = particles.get<Velocity<D>>();
  const auto gradients = particles.get<VelocityGradient<D>>();
  for_each(
      "mpm/carry_inflow", particles.n_owned(), FILIGREE_LAMBDA(Index p) {
        if (inlets(p) != number || double(releases(p)) <= end) return;
        positions(p) += dt * (v - velocities(p));
        velocities(p) = v;
        gradients(p) = Mat<D>::zero();
      });
}

void fill_marks(Index n, const Array<Index>& keep) {
  for_each(
      "mpm/sinks/keep", n, FILIGREE_LAMBDA(Index p) { keep(p) = 1; });
}

template <int D>
void mark_inside(const ParticleSystem& particles, const Obstacle<D> region,
                 const Array<Real>& samples, const Array<Index>& keep) {
  const auto positions = particles.get<Position<D>>();
  for_each(
      "mpm/sinks/mark", particles.n_owned(), FILIGREE_LAMBDA(Index p) {
        if (surface_at(region, samples, positions(p)).distance < 0) keep(p) = 0;
      });
}

/// Number, mass and momentum of the marked particles.
template <int D>
Vec<2 + D, double> taken(const ParticleSystem& particles, const Array<Index>& keep,
                         Reducer& reducer) {
  const auto masses = particles.get<Mass>();
  const auto velocities = particles.get<Velocity<D>>();
  return reducer.sum(
      "mpm/sinks/sum", particles.n_owned(), Vec<2 + D, double>::zero(), FILIGREE_LAMBDA(Index p) {
        Vec<2 + D, double> sum{};
        if (keep(p) != 0) return sum;
        const double m = masses(p);
        sum[0] = 1;
        sum[1] = m;
        for (int a = 0; a < D; ++a) sum[2 + a] = m * velocities(p)[a];
        return sum;
      });
}

template <int D>
void drain(const Model<D>& model, State<D>& state, Scratch<D>& scratch) {
  ParticleSystem& particles = state.particles;
  const Index n = particles.n_owned();
  bool active = false;
  for (const Sink<D>& sink : model.sinks) {
    if (n == 0 || state.time < sink.from || state.time > sink.until) continue;
    if (!active) {
      if (scratch.keep.size() < n) scratch.keep = Array<Index>("mpm/keep", n + n / 2);
      fill_marks(n, scratch.keep);
      active = true;
    }
    mark_inside(particles, sink.region, model.obstacle_samples, scratch.keep);
  }
  if (!active) return;
  const Vec<2 + D, double> sums = taken<D>(particles, scratch.keep, scratch.reducer);
  if (sums[0] == 0) return;
  particles.select(scratch.keep);
  state.exchanged.mass_out += sums[1];
  for (int a = 0; a < D; ++a) state.exchanged.momentum_out[a] += sums[2 + a];
}

/// Rows that are about to be added, on the host.
template <int D>
struct NewRows {
  explicit NewRows(Index n)
      : ids("id", n),
        bodies("body", n),
        inlets("inlet", n),
        masses("mass", n),
        volumes("volume", n),
        releases("release", n),
        histories("history", n),
        positions("position", n),
        velocities("velocity", n),
        deformations("deformation", n),
        stresses("kirchhoff_stress", n) {}
  HostArray<Index> ids, bodies, inlets;
  HostArray<Real> masses, volumes, releases, histories;
  HostArray<Vec<D>> positions, velocities;
  HostArray<Mat<D>> deformations, stresses;
  Index used = 0;
};

/// The points k of the line with from <= k < to, at a time.
template <int D>
void add_points(const Model<D>& model, Index number, const InflowLine<D>& line, std::int64_t from,
                std::int64_t to, double time, Exchanged<D>& exchanged, NewRows<D>& rows) {
  const Source<D>& source = model.sources[static_cast<std::size_t>(number)];
  const Law& law = model.laws[static_cast<std::size_t>(source.body)];
  const double speed = norm(source.velocity);
  for (std::int64_t k = from; k < to; ++k) {
    const Index i = rows.used++;
    const double behind = line.offset + (static_cast<double>(k) + 0.5) * source.spacing;
    const double gone = speed * (time - source.from) - behind;
    rows.ids(i) = static_cast<Index>(exchanged.next_id++);
    rows.bodies(i) = source.body;
    rows.inlets(i) = number;
    rows.volumes(i) = static_cast<Real>(source.volume);
    rows.masses(i) = static_cast<Real>(source.volume * density(law));
    rows.releases(i) = static_cast<Real>(source.from + (behind + line.length) / speed);
    rows.positions(i) = to_real<D>(line.entry + (gone / speed) * source.velocity);
    rows.velocities(i) = to_real<D>(source.velocity);
    rows.deformations(i) = Mat<D>::identity();
    std::visit(
        [&](const auto& l) {
          rows.histories(i) = l.initial_history();
          rows.stresses(i) = l.kirchhoff(rows.deformations(i), rows.histories(i), Mat<D>::zero());
        },
        law);
    const double mass = rows.masses(i);
    exchanged.mass_in += mass;
    for (int a = 0; a < D; ++a) exchanged.momentum_in[a] += mass * rows.velocities(i)[a];
  }
}

template <class T>
void put(const Array<T>& field, Index first, const HostArray<T>& rows) {
  const auto to = std::pair<Index, Index>(first, first + rows.size());
  Kokkos::deep_copy(Kokkos::subview(field.view(), to), rows.view());
}

template <int D>
void emit(const Model<D>& model, State<D>& state) {
  const std::int64_t due = due_until(model, state, state.time);
  Exchanged<D>& exchanged = state.exchanged;
  constexpr std::int64_t kMost = std::numeric_limits<Index>::max();
  FILIGREE_REQUIRE(exchanged.next_id + due <= kMost,
                   "the sources have made all {} particles that can be numbered", kMost);
  const double since = exchanged.until;
  exchanged.until = std::max(since, state.time);
  if (due == 0) return;
  NewRows<D> rows(static_cast<Index>(due));
  for (std::size_t s = 0; s < model.sources.size(); ++s) {
    const Source<D>& source = model.sources[s];
    for (const InflowLine<D>& line : source.lines) {
      add_points(model, static_cast<Index>(s), line, made_until(source, line, since),
                 made_until(source, line, state.time), state.time, exchanged, rows);
    }
  }
  ParticleSystem& p = state.particles;
  const Index first = p.n_owned();
  p.append(rows.used);
  put(p.get<Id>(), first, rows.ids);
  put(p.get<Body>(), first, rows.bodies);
  put(p.get<Inlet>(), first, rows.inlets);
  put(p.get<Mass>(), first, rows.masses);
  put(p.get<Volume>(), first, rows.volumes);
  put(p.get<Release>(), first, rows.releases);
  put(p.get<History>(), first, rows.histories);
  put(p.get<Position<D>>(), first, rows.positions);
  put(p.get<Velocity<D>>(), first, rows.velocities);
  put(p.get<Deformation<D>>(), first, rows.deformations);
  put(p.get<Stress<D>>(), first, rows.stresses);
}

}  // namespace

template <int D>
void carry_inflow(const Model<D>& model, State<D>& state, Scratch<D>& scratch, double dt) {
  const double end = state.time + dt;
  for (std::size_t s = 0; s < model.sources.size(); ++s) {
    const auto number = static_cast<Index>(s);
    const Vec<D> v = to_real<D>(model.sources[s].velocity);
    state.exchanged.momentum_in +=
        missing_momentum<D>(state.particles, number, v, end, scratch.reducer);
    carry<D>(state.particles, number, v, end, static_cast<Real>(dt));
  }
}

template <int D>
void exchange(const Model<D>& model, State<D>& state, Scratch<D>& scratch) {
  drain(model, state, scratch);
  if (!model.sources.empty()) emit(model, state);
}

template <int D>
std::int64_t due_until(const Model<D>& model, const State<D>& state, double time) {
  std::int64_t due = 0;
  for (const Source<D>& source : model.sources) {
    for (const InflowLine<D>& line : source.lines) {
      const std::int64_t before = made_until(source, line, state.exchanged.until);
      due += std::max(std::int64_t{0}, made_until(source, line, time) - before);
    }
  }
  return due;
}

#define FILIGREE_INSTANTIATE(D)                                                   \
  template void carry_inflow<D>(const Model<D>&, State<D>&, Scratch<D>&, double); \
  template void exchange<D>(const Model<D>&, State<D>&, Scratch<D>&);             \
  template std::int64_t due_until<D>(const Model<D>&, const State<D>&, double);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
