// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>

#include "tests/contracts/op_table.hpp"

namespace filigree::learning::op_table {

namespace {

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

std::vector<Row> rows_of_two() {
  return {
      {"add",
       [](List x, None) { return x[0] + x[1]; },
       {{2, 3}, {3}},
       [](In x) {
         return filled({2, 3}, [&](Index i, Index j) { return x[0](i, j) + x[1](j); });
       }},
      {"sub",
       [](List x, None) { return x[0] - x[1]; },
       {{2, 3}, {2, 1}},
       [](In x) {
         return filled({2, 3}, [&](Index i, Index j) { return x[0](i, j) - x[1](i, 0); });
       }},
      {"mul",
       [](List x, None) { return x[0] * x[1]; },
       {{2, 1, 3}, {4, 1}},
       [](In x) {
         return filled({2, 4, 3},
                       [&](Index i, Index j, Index k) { return x[0](i, 0, k) * x[1](j, 0); });
       }},
      {"square", [](List x, None) { return x[0] * x[0]; }, {{5}}, each([](double x) {
         return x * x;
       })},
      {"div",
       [](List x, None) { return x[0] / x[1]; },
       {{2, 3}, {1, 3}},
       [](In x) {
         return filled({2, 3}, [&](Index i, Index j) { return x[0](i, j) / x[1](0, j); });
       },
       0.5,
       2},
      {"maximum",
       [](List x, None) { return maximum(x[0], x[1]); },
       {{2, 3}, {3}},
       [](In x) {
         return filled({2, 3}, [&](Index i, Index j) { return std::max(x[0](i, j), x[1](j)); });
       }},
      {"greater",
       [](List x, None) { return x[0] * greater(x[0], x[1]); },
       {{2, 3}, {3}},
       [](In x) {
         return filled({2, 3},
                       [&](Index i, Index j) { return x[0](i, j) > x[1](j) ? x[0](i, j) : 0.0; });
       }},
      {"where",
       [](List x, None) { return where(greater(x[0], x[1]), x[0] * x[1], x[1]); },
       {{2, 3}, {2, 3}},
       [](In x) {
         return filled({2, 3}, [&](Index i, Index j) {
           return x[0](i, j) > x[1](i, j) ? x[0](i, j) * x[1](i, j) : x[1](i, j);
         });
       }},
      {"scalar",
       [](List x, None) { return x[0] * x[1] / (3 - x[1]); },
       {{2, 3}, {}},
       [](In x) {
         return filled({2, 3},
                       [&](Index i, Index j) { return x[0](i, j) * x[1]() / (3 - x[1]()); });
       }},
  };
}

std::vector<Row> rows_of_arithmetic() {
  return {
      {"neg", [](List x, None) { return -x[0]; }, {{4}}, each([](double x) { return -x; })},
      {"scale", [](List x, None) { return x[0] * 2.5; }, {{4}}, each([](double x) {
         return 2.5 * x;
       })},
      {"shift", [](List x, None) { return 1 - x[0]; }, {{4}}, each([](double x) { return 1 - x; })},
      {"pow",
       [](List x, None) { return pow(x[0], 1.7); },
       {{4}},
       each([](double x) { return std::exp(1.7 * std::log(x)); }),
       0.5,
       2},
      {"pow0",
       [](List x, None) { return pow(x[0], 0); },
       {{4}},
       each([](double) { return 1.0; }),
       0.5,
       2},
      {"pow1", [](List x, None) { return pow(x[0], 1) * x[0]; }, {{4}}, each([](double x) {
         return x * x;
       })},
      {"pow_square", [](List x, None) { return pow(x[0], 2); }, {{4}}, each([](double x) {
         return x * x;
       })},
      {"abs", [](List x, None) { return abs(x[0]); }, {{4}}, each([](double x) {
         return x < 0 ? -x : x;
       })},
      {"relu", [](List x, None) { return relu(x[0]) * x[0]; }, {{6}}, each([](double x) {
         return x > 0 ? x * x : 0.0;
       })},
      {"leaky_relu",
       [](List x, None) { return leaky_relu(x[0], 0.1) * x[0]; },
       {{6}},
       each([](double x) { return (x > 0 ? 1 : 0.1) * x * x; })},
      {"clip", [](List x, None) { return clip(x[0], -0.7, 0.9) * x[0]; }, {{6}}, each([](double x) {
         return (x < -0.7 ? -0.7 : x > 0.9 ? 0.9 : x) * x;
       })},
      {"cast", [](List x, None) { return cast(exp(x[0]), DType::kF64); }, {{4}}, each([](double x) {
         return std::exp(x);
       })},
      {"stop_gradient",
       [](List x, None) { return x[0] + 0.0 * stop_gradient(x[0]); },
       {{4}},
       each([](double x) { return x; })},
  };
}

std::vector<Row> rows_of_functions() {
  return {
      {"exp", [](List x, None) { return exp(x[0]); }, {{4}}, each([](double x) {
         return std::exp(x);
       })},
      {"log",
       [](List x, None) { return log(x[0]); },
       {{4}},
       each([](double x) { return std::log(x); }),
       0.5,
       2},
      {"sqrt",
       [](List x, None) { return sqrt(x[0]); },
       {{4}},
       each([](double x) { return std::sqrt(x); }),
       0.5,
       2},
      {"sin", [](List x, None) { return sin(x[0]); }, {{4}}, each([](double x) {
         return std::sin(x);
       })},
      {"cos", [](List x, None) { return cos(x[0]); }, {{4}}, each([](double x) {
         return std::cos(x);
       })},
      {"tanh", [](List x, None) { return tanh(x[0]); }, {{6}}, each([](double x) {
         return std::tanh(x);
       })},
      {"erf", [](List x, None) { return erf(x[0]); }, {{4}}, each([](double x) {
         return std::erf(x);
       })},
      {"sigmoid", [](List x, None) { return sigmoid(x[0]); }, {{4}}, each(logistic)},
      {"softplus", [](List x, None) { return softplus(x[0]); }, {{4}}, each([](double x) {
         return std::log(1 + std::exp(x));
       })},
      {"silu", [](List x, None) { return silu(x[0]); }, {{4}}, each([](double x) {
         return x * logistic(x);
       })},
      {"gelu", [](List x, None) { return gelu(x[0]); }, {{4}}, each([](double x) {
         return x * std::erfc(-x / std::numbers::sqrt2) / 2;
       })},
  };
}

}  // namespace

std::vector<Row> elementwise_rows() {
  std::vector<Row> rows = rows_of_two();
  for (const auto& part : {rows_of_arithmetic(), rows_of_functions()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

}  // namespace filigree::learning::op_table
