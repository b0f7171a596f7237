// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "learning/nn/conv2d.hpp"
#include "learning/nn/dense.hpp"
#include "learning/nn/jet.hpp"
#include "tests/contracts/op_table.hpp"

namespace filigree::learning::op_table {

namespace {

/// Pixel (y, x) of a 3 x 3 image, 0 around it.
double pixel(const Numbers& image, Index y, Index x, Index channel) {
  const bool is_inside = y >= 0 && y < 3 && x >= 0 && x < 3;
  return is_inside ? image(0, y, x, channel) : 0.0;
}

/// A function of one number with two derivatives.
struct Bend {
  double value, first, second;
};
Bend bend_of_tanh(double z) {
  const double y = std::tanh(z);
  return {y, 1 - y * y, -2 * y * (1 - y * y)};
}
Bend bend_of_silu(double z) {
  const double s = 1 / (1 + std::exp(-z));
  return {z * s, s * (1 + z * (1 - s)), s * (1 - s) * (2 + z * (1 - 2 * s))};
}

/// The chain rule for the channels value, x, y, xx, xy, yy of z, at one point and unit.
template <class F>
Numbers chain(const Numbers& z, const F& bend) {
  return filled(z.shape, [&](Index channel, Index n, Index u) {
    constexpr Index kFirst[] = {0, 0, 1}, kSecond[] = {0, 1, 1};
    const Bend f = bend(z(0, n, u));
    if (channel == 0) return f.value;
    if (channel < 3) return f.first * z(channel, n, u);
    const Index zi = 1 + kFirst[channel - 3], zj = 1 + kSecond[channel - 3];
    return f.second * z(zi, n, u) * z(zj, n, u) + f.first * z(channel, n, u);
  });
}

/// tanh(x W^T + b), then silu(y V^T), each with its derivatives by the two inputs.
Numbers two_layers_of_jets(In x) {
  const Numbers inner = filled({6, 2, 3}, [&](Index channel, Index n, Index u) {
    if (channel == 0) return x[0](n, 0) * x[1](u, 0) + x[0](n, 1) * x[1](u, 1) + x[2](u);
    return channel < 3 ? x[1](u, channel - 1) : 0.0;
  });
  const Numbers y = chain(inner, bend_of_tanh);
  const Numbers outer = filled({6, 2, 2}, [&](Index channel, Index n, Index u) {
    return total(3, [&](Index k) { return y(channel, n, k) * x[3](u, k); });
  });
  return chain(outer, bend_of_silu);
}

std::vector<Row> rows_of_dense() {
  return {
      {"dense",
       [](List x, None) { return dense(x[0], x[1], x[2], Activation::kTanh); },
       {{4, 3}, {2, 3}, {2}},
       [](In x) {
         return filled({4, 2}, [&](Index n, Index u) {
           return std::tanh(x[2](u) + total(3, [&](Index k) { return x[0](n, k) * x[1](u, k); }));
         });
       }},
      {"dense_leaky",
       [](List x, None) { return dense(x[0], x[1], Tensor(), Activation::kLeakyRelu); },
       {{4, 3}, {2, 3}},
       [](In x) {
         return filled({4, 2}, [&](Index n, Index u) {
           const double z = total(3, [&](Index k) { return x[0](n, k) * x[1](u, k); });
           return z > 0 ? z : kLeakySlope * z;
         });
       }},
      {"dense_on_edges",
       [](List x, const GraphPtr& g) {
         return dense_on_edges(x[0], x[1], g, x[2], x[3], Activation::kTanh);
       },
       {{4, 1}, {4, 2}, {3, 5}, {3}},
       [](In x) {
         return filled({4, 3}, [&](Index e, Index u) {
           constexpr Index kSenders[] = {0, 0, 1, 1}, kReceivers[] = {1, 2, 2, 2};
           double z = x[3](u) + x[0](e, 0) * x[2](u, 0);
           for (Index c = 0; c < 2; ++c) {
             z += x[1](kSenders[e], c) * x[2](u, 1 + c) + x[1](kReceivers[e], c) * x[2](u, 3 + c);
           }
           return std::tanh(z);
         });
       },
       -1,
       1},
  };
}

}  // namespace

std::vector<Row> layer_rows() {
  std::vector<Row> rows{
      {"unfold",
       [](List x, None) { return exp(unfold(x[0], {.size = 2, .stride = 2, .padding = 1})); },
       {{1, 3, 3, 2}},
       [](In x) {  // windows (i, j) of 2 x 2, in them the places (p, q), in these the channels
         return filled({4, 8}, [&](Index row, Index column) {
           const Index i = row / 2, j = row % 2;
           const Index p = column / 4, q = column / 2 % 2;
           return std::exp(pixel(x[0], 2 * i + p - 1, 2 * j + q - 1, column % 2));
         });
       }},
      {"fold",
       [](List x, None) {
         return exp(fold(x[0], {1, 3, 3, 2}, {.size = 2, .padding = 1}));
       },
       {{16, 8}},
       [](In x) {
         return filled({1, 3, 3, 2}, [&](Index, Index y, Index column, Index channel) {
           double sum = 0;
           for (Index p = 0; p < 2; ++p) {
             for (Index q = 0; q < 2; ++q) {  // window (y + 1 - p, column + 1 - q) of 4 x 4
               sum += x[0](4 * (y + 1 - p) + column + 1 - q, 4 * p + 2 * q + channel);
             }
           }
           return std::exp(sum);
         });
       }},
      {"conv2d",
       [](List x, None) { return conv2d(x[0], x[1], x[2], {.size = 2, .padding = 1}); },
       {{1, 3, 3, 2}, {3, 2, 2, 2}, {3}},
       [](In x) {
         return filled({1, 4, 4, 3}, [&](Index, Index i, Index j, Index out) {
           double sum = x[2](out);
           for (Index k = 0; k < 8; ++k) {
             const Index in = k / 4, p = k / 2 % 2, q = k % 2;
             sum += pixel(x[0], i + p - 1, j + q - 1, in) * x[1](out, in, p, q);
           }
           return sum;
         });
       }},
      {"jet_activation",
       [](List x, None) {
         const Jet y = jet_dense(jet_of_inputs(x[0]), x[1], x[2], Activation::kTanh);
         return jet_dense(y, x[3], Tensor(), Activation::kSilu).channels;
       },
       {{2, 2}, {3, 2}, {3}, {2, 3}},
       two_layers_of_jets,
       -1,
       1},
  };
  const std::vector<Row> dense_rows = rows_of_dense();
  rows.insert(rows.end(), dense_rows.begin(), dense_rows.end());
  return rows;
}

}  // namespace filigree::learning::op_table
