// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Integrals with a learned kernel over neighbourhoods: the layer of graph neural operators.
#pragma once

#include <array>
#include <vector>

#include "learning/autodiff/ops_graph.hpp"
#include "learning/nn/linear.hpp"

namespace filigree::learning {

/// What a query sums up over its sources j, kappa being the kernel's MLP:
///   kernel       kappa(x_i, x_j)
///   linear       kappa(x_i, x_j) f_j
///   nonlinear    kappa(x_i, x_j, f_j) f_j
///   kernel_of_f  kappa(x_i, x_j, f_j)
/// Products are channel by channel, so that the kernel ends with as many channels as f has.
enum class TransformKind { kKernel, kLinear, kNonlinear, kKernelOfF };

struct IntegralTransformOptions {
  static constexpr const char* kDoc = "integral with a learned kernel over neighbourhoods";
  TransformKind kind = TransformKind::kLinear;
  std::int64_t dimensions = 3;
  std::int64_t channels = 64;
  std::int64_t result_channels = 64;
  std::vector<std::int64_t> hidden_widths{32, 64};
  Activation activation = Activation::kGelu;
  bool sees_query = true;

  template <class V>
  void reflect(V& v) {
    v("kind", kind, About{.doc = "what the kernel is given, and what it multiplies"});
    v("dimensions", dimensions, About{.doc = "coordinates of a point", .min = 1, .max = 3});
    v("channels", channels, About{.doc = "of the function at the sources", .min = 1});
    v("result_channels", result_channels,
      About{.doc = "of the kernel; equal to `channels` where it multiplies the function",
            .min = 1});
    v("hidden_widths", hidden_widths, About{.doc = "of the layers of the kernel", .min = 1});
    v("activation", activation, About{.doc = "between the layers of the kernel"});
    v("sees_query", sees_query,
      About{.doc =
                "false: the kernel depends on the source alone and is computed once per source"});
  }
  std::string validate() const;
};

/// y_i = sum_j q_j k_ij with the terms k_ij above, over the edges j -> i of a graph; without
/// quadrature weights q, the mean of the k_ij.
///
/// The graph goes from sources to queries (radius_graph, as a rule bipartite). queries: [n_queries,
/// dimensions], sources: [n_sources, dimensions], f: [n_sources, channels] or undefined for
/// `kernel`, q: [n_sources, 1] or undefined, y: [n_queries, result_channels]. A query without
/// sources gets 0. The parts of the first layer that meet points are applied once per point, not
/// per edge. Sources: [li2020gno], [li2023gino].
struct IntegralTransform {
  struct Points {
    Tensor queries;
    Tensor sources;
  };

  IntegralTransform() = default;
  explicit IntegralTransform(const IntegralTransformOptions& options, DType dtype = DType::kF32);

  Mlp kernel;  ///< input: [x_i, x_j, f_j] of what it sees, in this order
  TransformKind kind = TransformKind::kLinear;
  bool sees_query = true;

  template <class V>
  void reflect(V& v) {
    v("kernel", kernel);
  }
  Tensor operator()(const GraphPtr& graph, const Points& points, const Tensor& f,
                    const Tensor& quadrature = {}) const;
};

}  // namespace filigree::learning

template <>
struct filigree::EnumNames<filigree::learning::TransformKind> {
  static constexpr std::array names{"kernel", "linear", "nonlinear", "kernel_of_f"};
};
