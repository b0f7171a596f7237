// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/jet.hpp"

#include <algorithm>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/nn/jet_functions.hpp"

namespace filigree::learning {

namespace {

constexpr int kMaxDimensions = 4;
/// Units that are handled together, so that loops over them become vector instructions.
constexpr Index kUnits = kKernelsRunOnHost ? 64 : 1;

/// Where the channels lie: channel c of unit u at point p is at (c n_points + p) width + u.
struct Channels {
  Index n_points, width;
  int dimensions, order;

  FILIGREE_FUNCTION Offset at(int channel, Index point, Index unit) const {
    return (Offset(channel) * n_points + point) * width + unit;
  }
  FILIGREE_FUNCTION Index blocks() const { return (width + kUnits - 1) / kUnits; }
};

/// z -> y; `bias` may be null and belongs to the value alone.
template <class T, class F>
void activate(const F& f, const Channels& c, const T* z, const T* bias, T* y) {
  const Index blocks = c.blocks();
  const Offset work = 4 * Offset(jet_channels(c.dimensions, c.order)) * c.n_points * c.width;
  for_items(
      "jet/activate", c.n_points * blocks, work, FILIGREE_LAMBDA(Index item) {
        const Index p = item / blocks;
        const Index u0 = item % blocks * kUnits;
        const Index n = c.width - u0 < kUnits ? c.width - u0 : kUnits;
        T slopes[kUnits], bends[kUnits];
        const T* value = z + c.at(0, p, u0);
        T* result = y + c.at(0, p, u0);
        for (Index u = 0; u < n; ++u) {
          const auto d = f.derivatives(bias == nullptr ? value[u] : value[u] + bias[u0 + u]);
          result[u] = d.value;
          slopes[u] = d.first;
          bends[u] = d.second;
        }
        for (int i = 0; i < c.dimensions; ++i) {
          const T* first = z + c.at(1 + i, p, u0);
          T* to = y + c.at(1 + i, p, u0);
          for (Index u = 0; u < n; ++u) to[u] = slopes[u] * first[u];
        }
        int channel = 1 + c.dimensions;
        for (int i = 0; i < c.dimensions && c.order == 2; ++i) {
          for (int j = i; j < c.dimensions; ++j, ++channel) {
            const T* zi = z + c.at(1 + i, p, u0);
            const T* zj = z + c.at(1 + j, p, u0);
            const T* zij = z + c.at(channel, p, u0);
            T* to = y + c.at(channel, p, u0);
            for (Index u = 0; u < n; ++u) to[u] = bends[u] * zi[u] * zj[u] + slopes[u] * zij[u];
          }
        }
      });
}

/// The gradient with respect to z (and z + bias), from that with respect to y.
template <class T, class F>
void activate_adjoint(const F& f, const Channels& c, const T* z, const T* bias, const T* g, T* r) {
  const Index blocks = c.blocks();
  const Offset work = 8 * Offset(jet_channels(c.dimensions, c.order)) * c.n_points * c.width;
  for_items(
      "jet/adjoint", c.n_points * blocks, work, FILIGREE_LAMBDA(Index item) {
        const Index p = item / blocks;
        const Index u0 = item % blocks * kUnits;
        const Index n = c.width - u0 < kUnits ? c.width - u0 : kUnits;
        T slopes[kUnits], bends[kUnits], thirds[kUnits];
        const T* value = z + c.at(0, p, u0);
        const T* g0 = g + c.at(0, p, u0);
        T* r0 = r + c.at(0, p, u0);
        for (Index u = 0; u < n; ++u) {
          const auto d = f.derivatives(bias == nullptr ? value[u] : value[u] + bias[u0 + u]);
          slopes[u] = d.first;
          bends[u] = d.second;
          thirds[u] = d.third;
          r0[u] = g0[u] * d.first;
        }
        for (int i = 0; i < c.dimensions; ++i) {
          const T* zi = z + c.at(1 + i, p, u0);
          const T* gi = g + c.at(1 + i, p, u0);
          T* ri = r + c.at(1 + i, p, u0);
          for (Index u = 0; u < n; ++u) {
            ri[u] = gi[u] * slopes[u];
            r0[u] += gi[u] * bends[u] * zi[u];
          }
        }
        int channel = 1 + c.dimensions;
        for (int i = 0; i < c.dimensions && c.order == 2; ++i) {
          for (int j = i; j < c.dimensions; ++j, ++channel) {
            const T* zi = z + c.at(1 + i, p, u0);
            const T* zj = z + c.at(1 + j, p, u0);
            const T* zij = z + c.at(channel, p, u0);
            const T* gij = g + c.at(channel, p, u0);
            T* ri = r + c.at(1 + i, p, u0);
            T* rj = r + c.at(1 + j, p, u0);
            T* rij = r + c.at(channel, p, u0);
            for (Index u = 0; u < n; ++u) {
              const T bend = gij[u] * bends[u];
              rij[u] = gij[u] * slopes[u];
              r0[u] += gij[u] * thirds[u] * zi[u] * zj[u] + bend * zij[u];
              ri[u] += bend * zj[u];
              rj[u] += bend * zi[u];  // twice for i = j
            }
          }
        }
      });
}

template <class Call>
void with_function(Activation f, const Call& call) {
  using namespace jet_functions;
  switch (f) {
    case Activation::kIdentity:
      return call(Identity{});
    case Activation::kRelu:
      return call(LeakyRelu{0});
    case Activation::kLeakyRelu:
      return call(LeakyRelu{kLeakySlope});
    case Activation::kTanh:
      return call(Tanh{});
    case Activation::kSigmoid:
      return call(Sigmoid{});
    case Activation::kSilu:
      return call(Silu{});
    case Activation::kGelu:
      return call(Gelu{});
    case Activation::kSoftplus:
      return call(Softplus{});
    case Activation::kSin:
      return call(Sin{});
  }
}

template <class T>
void activate(Activation f, const Channels& c, const Tensor& z, const Tensor& bias,
              const Tensor& y) {
  const T* b = bias.is_defined() ? bias.data<T>() : nullptr;
  with_function(f, [&](const auto& function) {
    activate(function, c, z.data<T>(), b, TensorAccess::data<T>(y));
  });
}

template <class T>
void activate_adjoint(Activation f, const Channels& c, const Tensor& z, const Tensor& bias,
                      const Tensor& g, const Tensor& r) {
  const T* b = bias.is_defined() ? bias.data<T>() : nullptr;
  with_function(f, [&](const auto& function) {
    activate_adjoint(function, c, z.data<T>(), b, g.data<T>(), TensorAccess::data<T>(r));
  });
}

/// The same by operations, for gradients that are differentiated again.
Tensor composed(Activation f, const Jet& z, const Tensor& bias) {
  const Tensor before = bias.is_defined() ? z.value() + bias : z.value();
  const auto [value, slope, bend] = jet_functions::derivatives(f, before);
  std::vector<Tensor> channels{value};
  for (int i = 0; i < z.dimensions; ++i) channels.push_back(slope * z.first(i));
  for (int i = 0; i < z.dimensions && z.order == 2; ++i) {
    for (int j = i; j < z.dimensions; ++j) {
      channels.push_back(bend * z.first(i) * z.first(j) + slope * z.second(i, j));
    }
  }
  return stack(channels);
}

Jet jet_activation(const Jet& z, const Tensor& bias, Activation f) {
  if (f == Activation::kIdentity && !bias.is_defined()) return z;
  const Tensor& x = z.channels;
  const Channels c{x.extent(1), x.extent(2), z.dimensions, z.order};
  const Tensor y = TensorAccess::make(x.shape(), x.dtype());
  x.dtype() == DType::kF32 ? activate<float>(f, c, x, bias, y) : activate<double>(f, c, x, bias, y);
  std::vector<Tensor> inputs{x};
  if (bias.is_defined()) inputs.push_back(bias);
  const Tensor result = record("jet_activation", inputs, y, [=](Adjoint& a) {
    if (a.create_graph()) return give_composed(a, composed(f, z, bias), inputs);
    const Tensor& g = a.gradient();
    const Tensor r = TensorAccess::make(x.shape(), x.dtype());
    x.dtype() == DType::kF32 ? activate_adjoint<float>(f, c, x, bias, g, r)
                             : activate_adjoint<double>(f, c, x, bias, g, r);
    if (a.wants(0)) a.give(0, r);
    if (bias.is_defined() && a.wants(1)) {
      a.give(1, sum(reshape(slice(r, 0, 0, 1), {c.n_points, c.width}), 0));
    }
  });
  return {result, z.dimensions, z.order};
}

/// Channel c of a jet, [N, m].
Tensor channel(const Jet& jet, int c) {
  const Shape& shape = jet.channels.shape();
  return reshape(slice(jet.channels, 0, c, c + 1), {shape[1], shape[2]});
}

void require_axis(const Jet& jet, int i) {
  FILIGREE_REQUIRE(i >= 0 && i < jet.dimensions,
                   "a derivative along axis {} of a jet of {} inputs was asked for", i,
                   jet.dimensions);
}

}  // namespace

int jet_channels(int dimensions, int order) {
  return 1 + dimensions + (order == 2 ? dimensions * (dimensions + 1) / 2 : 0);
}

Tensor Jet::value() const {
  return channel(*this, 0);
}
Tensor Jet::first(int i) const {
  require_axis(*this, i);
  return channel(*this, 1 + i);
}
Tensor Jet::second(int i, int j) const {
  FILIGREE_REQUIRE(order == 2, "a second derivative of a jet of order {} was asked for", order);
  require_axis(*this, i);
  require_axis(*this, j);
  const int low = std::min(i, j), high = std::max(i, j);
  // Rows of the upper triangle before `low` have d, d - 1, ... entries.
  const int before = low * dimensions - low * (low - 1) / 2;
  return channel(*this, 1 + dimensions + before + high - low);
}
Tensor Jet::laplacian() const {
  Tensor total = second(0, 0);
  for (int i = 1; i < dimensions; ++i) total = total + second(i, i);
  return total;
}

Jet jet_of_inputs(const Tensor& x, int order) {
  FILIGREE_REQUIRE(x.rank() == 2 && x.columns() >= 1 && x.columns() <= kMaxDimensions,
                   "jet: inputs {} must be [N, d] with d in [1, {}]", x.shape().text(),
                   kMaxDimensions);
  FILIGREE_REQUIRE(order == 1 || order == 2, "jet: order {} must be 1 or 2", order);
  const Index n = x.rows(), d = x.columns();
  std::vector<double> unit(static_cast<std::size_t>(d * d), 0.0);
  for (Index i = 0; i < d; ++i) unit[static_cast<std::size_t>(i * d + i)] = 1;
  const int dimensions = static_cast<int>(d);
  std::vector<Tensor> channels{reshape(x, {1, n, d}),
                               broadcast(tensor({d, 1, d}, unit, x.dtype()), {d, n, d})};
  if (order == 2) {
    channels.push_back(zeros({jet_channels(dimensions, order) - 1 - dimensions, n, d}, x.dtype()));
  }
  return {concat(channels, 0), dimensions, order};
}

Jet jet_dense(const Jet& x, const Tensor& weight, const Tensor& bias, Activation f) {
  const Shape& shape = x.channels.shape();
  FILIGREE_REQUIRE(weight.rank() == 2 && weight.extent(1) == shape[2],
                   "jet_dense: channels {} and weights {} do not fit together: the weights must "
                   "have {} columns",
                   shape.text(), weight.shape().text(), shape[2]);
  FILIGREE_REQUIRE(!bias.is_defined() || bias.shape() == Shape{weight.rows()},
                   "jet_dense: weights {} and bias {} do not fit together", weight.shape().text(),
                   bias.shape().text());
  const Tensor z =
      matmul(reshape(x.channels, {shape[0] * shape[1], shape[2]}), weight, {.b = true});
  return jet_activation({reshape(z, {shape[0], shape[1], weight.rows()}), x.dimensions, x.order},
                        bias, f);
}

Jet jet(const Mlp& mlp, const Tensor& x, int order) {
  Jet y = jet_of_inputs(x, order);
  for (std::size_t l = 0; l < mlp.layers.size(); ++l) {
    const Linear& layer = mlp.layers[l];
    y = jet_dense(y, layer.weight.value, layer.bias.value, mlp.activation_after(l));
  }
  return y;
}

}  // namespace filigree::learning
