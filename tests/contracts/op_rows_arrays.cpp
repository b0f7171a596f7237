// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/contracts/op_table.hpp"

namespace filigree::learning::op_table {

namespace {

double sum_of(const Numbers& x) {
  double sum = 0;
  for (const double value : x.values) sum += value;
  return sum;
}

std::vector<Row> rows_of_reductions() {
  return {
      {"sum",
       [](List x, None) { return exp(sum(x[0])); },
       {{2, 2}},
       [](In x) { return filled({}, [&] { return std::exp(sum_of(x[0])); }); }},
      {"sum_axis",
       [](List x, None) { return exp(sum(x[0], 1)); },
       {{2, 3, 2}},
       [](In x) {
         return filled({2, 2}, [&](Index i, Index k) {
           return std::exp(total(3, [&](Index j) { return x[0](i, j, k); }));
         });
       }},
      {"mean",
       [](List x, None) { return exp(mean(x[0])); },
       {{2, 3}},
       [](In x) { return filled({}, [&] { return std::exp(sum_of(x[0]) / 6); }); }},
      {"mean_axis",
       [](List x, None) { return exp(mean(x[0], 0)); },
       {{2, 3}},
       [](In x) {
         return filled({3}, [&](Index j) { return std::exp((x[0](0, j) + x[0](1, j)) / 2); });
       }},
      {"max",
       [](List x, None) { return max(x[0] * x[0], -1); },
       {{3, 4}},
       [](In x) {
         return filled({3}, [&](Index i) {
           double largest = 0;
           for (Index j = 0; j < 4; ++j) largest = std::max(largest, x[0](i, j) * x[0](i, j));
           return largest;
         });
       }},
      {"logsumexp",
       [](List x, None) { return logsumexp(x[0], 1); },
       {{2, 3, 2}},
       [](In x) {
         return filled({2, 2}, [&](Index i, Index k) {
           return std::log(total(3, [&](Index j) { return std::exp(x[0](i, j, k)); }));
         });
       }},
      {"sum_to",
       [](List x, None) {
         return exp(sum_to(x[0], {1, 3}));
       },
       {{2, 2, 3}},
       [](In x) {
         return filled({1, 3}, [&](Index, Index k) {
           return std::exp(total(4, [&](Index m) { return x[0](m / 2, m % 2, k); }));
         });
       }},
  };
}

std::vector<Row> rows_of_products() {
  return {
      {"matmul",
       [](List x, None) { return matmul(x[0], x[1]); },
       {{2, 3}, {3, 4}},
       [](In x) {
         return filled({2, 4}, [&](Index i, Index j) {
           return total(3, [&](Index k) { return x[0](i, k) * x[1](k, j); });
         });
       }},
      {"matmul_at",
       [](List x, None) { return matmul(x[0], x[1], {.a = true}); },
       {{3, 2}, {3, 4}},
       [](In x) {
         return filled({2, 4}, [&](Index i, Index j) {
           return total(3, [&](Index k) { return x[0](k, i) * x[1](k, j); });
         });
       }},
      {"matmul_bt",
       [](List x, None) { return matmul(x[0], x[1], {.b = true}); },
       {{2, 3}, {4, 3}},
       [](In x) {
         return filled({2, 4}, [&](Index i, Index j) {
           return total(3, [&](Index k) { return x[0](i, k) * x[1](j, k); });
         });
       }},
      {"matmul_atbt",
       [](List x, None) {
         return matmul(x[0], x[1], {true, true});
       },
       {{3, 2}, {4, 3}},
       [](In x) {
         return filled({2, 4}, [&](Index i, Index j) {
           return total(3, [&](Index k) { return x[0](k, i) * x[1](j, k); });
         });
       }},
      {"matmul_batch",
       [](List x, None) { return matmul(x[0], x[1]); },
       {{2, 2, 3}, {2, 3, 2}},
       [](In x) {
         return filled({2, 2, 2}, [&](Index b, Index i, Index j) {
           return total(3, [&](Index k) { return x[0](b, i, k) * x[1](b, k, j); });
         });
       }},
      {"matmul_batch_t",
       [](List x, None) {
         return matmul(x[0], x[1], {true, true});
       },
       {{2, 3, 2}, {2, 4, 3}},
       [](In x) {
         return filled({2, 2, 4}, [&](Index b, Index i, Index j) {
           return total(3, [&](Index k) { return x[0](b, k, i) * x[1](b, j, k); });
         });
       }},
      {"transpose_batch",
       [](List x, None) { return exp(transpose(x[0])); },
       {{2, 2, 3}},
       [](In x) {
         return filled({2, 3, 2},
                       [&](Index b, Index i, Index j) { return std::exp(x[0](b, j, i)); });
       }},
      {"transpose",
       [](List x, None) { return exp(transpose(x[0])); },
       {{2, 3}},
       [](In x) {
         return filled({3, 2}, [&](Index i, Index j) { return std::exp(x[0](j, i)); });
       }},
  };
}

std::vector<Row> rows_of_shapes() {
  return {
      {"reshape",
       [](List x, None) {
         return exp(reshape(x[0], {3, 2}));
       },
       {{2, 3}},
       [](In x) {
         return filled({3, 2}, [&](Index i, Index j) {
           const Index place = 2 * i + j;
           return std::exp(x[0](place / 3, place % 3));
         });
       }},
      {"slice",
       [](List x, None) { return exp(slice(x[0], 1, 1, 3)); },
       {{2, 4}},
       [](In x) {
         return filled({2, 2}, [&](Index i, Index j) { return std::exp(x[0](i, 1 + j)); });
       }},
      {"pad",
       [](List x, None) { return exp(pad(x[0], 0, 1, 2)); },
       {{2, 2}},
       [](In x) {
         return filled({5, 2}, [&](Index i, Index j) {
           return i == 1 || i == 2 ? std::exp(x[0](i - 1, j)) : 1.0;
         });
       }},
      {"concat",
       [](List x, None) {
         return exp(concat({x[0], x[1]}, 0));
       },
       {{1, 3}, {2, 3}},
       [](In x) {
         return filled({3, 3}, [&](Index i, Index j) {
           return std::exp(i == 0 ? x[0](0, j) : x[1](i - 1, j));
         });
       }},
      {"concat_last",
       [](List x, None) {
         return exp(concat({x[0], x[1], x[0]}));
       },
       {{2, 1}, {2, 2}},
       [](In x) {
         return filled({2, 4}, [&](Index i, Index j) {
           return std::exp(j == 1 || j == 2 ? x[1](i, j - 1) : x[0](i, 0));
         });
       }},
      {"stack",
       [](List x, None) {
         return exp(stack({x[0], x[1]}));
       },
       {{3}, {3}},
       [](In x) {
         return filled({2, 3},
                       [&](Index i, Index j) { return std::exp(i == 0 ? x[0](j) : x[1](j)); });
       }},
      {"broadcast",
       [](List x, None) {
         return exp(broadcast(x[0], {2, 3, 2}));
       },
       {{3, 1}},
       [](In x) {
         return filled({2, 3, 2}, [&](Index, Index j, Index) { return std::exp(x[0](j, 0)); });
       }},
      {"permute",
       [](List x, None) {
         return exp(permute(x[0], {2, 0, 1}));
       },
       {{2, 3, 2}},
       [](In x) {
         return filled({2, 2, 3},
                       [&](Index i, Index j, Index k) { return std::exp(x[0](j, k, i)); });
       }},
  };
}

}  // namespace

std::vector<Row> array_rows() {
  std::vector<Row> rows = rows_of_reductions();
  for (const auto& part : {rows_of_products(), rows_of_shapes()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

}  // namespace filigree::learning::op_table
