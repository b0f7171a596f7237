// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/segment.hpp"

#include "graph/edge_list.hpp"
#include "graph/generators.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::error_of;
using testing::matrix;
using testing::values_of;

template <class T>
class Segment : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Segment, Scalars);

/// Rows of every length from none to many; some nodes send nothing.
std::shared_ptr<const Graph> uneven_graph() {
  std::vector<std::pair<Index, Index>> pairs;
  std::mt19937 generator(1);
  for (Index i = 0; i < 400; ++i) {
    const Index degree = i % 9 == 0 ? 0 : i == 57 ? 700 : i % 13;
    for (Index e = 0; e < degree; ++e) {
      pairs.emplace_back(static_cast<Index>(generator() % 390), i);
    }
  }
  return graph_from_pairs(400, pairs, {Duplicates::kKeep, SelfLoops::kKeep});
}

template <class T>
std::vector<T> random_values(std::size_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> range(-2, 2);
  std::vector<T> values(n);
  for (auto& value : values) value = static_cast<T>(range(generator));
  return values;
}

/// An edge value array and its plain host form.
template <class T>
struct EdgeValues {
  EdgeValues(const Graph& graph, Index n_channels, unsigned seed)
      : channels(n_channels),
        host(random_values<T>(static_cast<std::size_t>(graph.edge_count() * n_channels), seed)),
        device(matrix(static_cast<Index>(graph.edge_count()), n_channels, host)) {}
  T at(Offset e, Index c) const { return host[static_cast<std::size_t>(e * channels + c)]; }
  Index channels;
  std::vector<T> host;
  Array<T, 2> device;
};

constexpr Index kChannelCounts[] = {1, 3, 4, 15, 16, 17, 38};

/// Calls check(receiver, channel, first edge, last edge, number in the result).
template <class Check>
void for_each_row(const Graph& graph, Index channels, const Check& check) {
  const std::vector<Offset> offsets = to_vector(graph.row_offsets());
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    for (Index c = 0; c < channels; ++c) {
      check(offsets[i], offsets[i + 1], c,
            i * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c));
    }
  }
}

TYPED_TEST(Segment, SumsAndMeansAreThoseOfASerialLoop) {
  using T = TypeParam;
  const auto graph = uneven_graph();
  for (const Index channels : kChannelCounts) {
    const EdgeValues<T> values(*graph, channels, 2);
    const Array<T, 2> sums("sums", 400, channels);
    const Array<T, 2> means("means", 400, channels);
    segment_sum(*graph, values.device, sums);
    segment_mean(*graph, values.device, means);
    const std::vector<T> sums_host = values_of(sums);
    const std::vector<T> means_host = values_of(means);
    for_each_row(*graph, channels, [&](Offset begin, Offset end, Index c, std::size_t place) {
      T sum = 0;
      for (Offset e = begin; e < end; ++e) sum += values.at(e, c);
      EXPECT_EQ(sums_host[place], sum);  // bits, not only digits: the order is defined
      EXPECT_EQ(means_host[place], begin == end ? T(0) : sum / static_cast<T>(end - begin));
    });
  }
}

TYPED_TEST(Segment, MaximaAndTheirEdges) {
  using T = TypeParam;
  const auto graph = uneven_graph();
  for (const Index channels : kChannelCounts) {
    EdgeValues<T> values(*graph, channels, 3);
    for (auto& value : values.host) value = std::round(value * 2);  // many ties
    values.device = matrix(static_cast<Index>(graph->edge_count()), channels, values.host);
    const Array<T, 2> maxima("maxima", 400, channels);
    const Array<Index, 2> places("places", 400, channels);
    segment_max(*graph, values.device, maxima, T(-7));
    segment_argmax(*graph, values.device, places);
    const std::vector<T> maxima_host = values_of(maxima);
    const std::vector<Index> places_host = values_of(places);
    for_each_row(*graph, channels, [&](Offset begin, Offset end, Index c, std::size_t place) {
      Offset best = begin == end ? -1 : begin;
      for (Offset e = begin; e < end; ++e) {
        if (values.at(e, c) > values.at(best, c)) best = e;
      }
      EXPECT_EQ(places_host[place], best);
      EXPECT_EQ(maxima_host[place], best < 0 ? T(-7) : values.at(best, c));
    });
  }
}

TYPED_TEST(Segment, SoftmaxSumsToOneAndKeepsRatios) {
  using T = TypeParam;
  const auto graph = uneven_graph();
  for (const Index channels : kChannelCounts) {
    const EdgeValues<T> values(*graph, channels, 4);
    const Array<T, 2> weights("weights", static_cast<Index>(graph->edge_count()), channels);
    segment_softmax(*graph, values.device, weights);
    const std::vector<T> host = values_of(weights);
    const auto at = [&](Offset e, Index c) {
      return host[static_cast<std::size_t>(e * channels + c)];
    };
    for_each_row(*graph, channels, [&](Offset begin, Offset end, Index c, std::size_t) {
      double total = 0;
      for (Offset e = begin; e < end; ++e) {
        total += double(at(e, c));
        const double ratio = std::exp(double(values.at(e, c)) - double(values.at(begin, c)));
        EXPECT_NEAR(at(e, c) / at(begin, c), ratio, double(tol<T>()) * ratio);
      }
      EXPECT_NEAR(total, begin < end ? 1 : 0, double(tol<T>(64)));
    });
  }
}

TYPED_TEST(Segment, SoftmaxOfExtremeValues) {
  using T = TypeParam;
  const T infinity = std::numeric_limits<T>::infinity();
  const T largest = std::numeric_limits<T>::max();
  // Rows: two huge values, one of them less; a masked value; everything masked; nothing.
  const auto graph = graph_from_pairs(4, {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}},
                                      {Duplicates::kError, SelfLoops::kKeep});
  const Array<T, 2> values =
      matrix<T>(6, 1, {largest, largest / 2, -infinity, 3, -infinity, -infinity});
  const Array<T, 2> weights("weights", 6, 1);
  segment_softmax(*graph, values, weights);
  EXPECT_EQ(values_of(weights), (std::vector<T>{1, 0, 0, 1, 0, 0}));
}

TYPED_TEST(Segment, NotANumberIsPassedOn) {
  using T = TypeParam;
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const auto graph = graph_from_pairs(3, {{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}},
                                      {Duplicates::kError, SelfLoops::kKeep});
  const Array<T, 2> values = matrix<T>(6, 1, {1, nan, 5, nan, 7, nan});
  const Array<T, 2> maxima("maxima", 3, 1);
  segment_max(*graph, values, maxima);
  EXPECT_TRUE(std::isnan(values_of(maxima)[0]));
  EXPECT_TRUE(std::isnan(values_of(maxima)[1]));
  EXPECT_EQ(values_of(maxima)[2], 0);
  const Array<Index, 2> places("places", 3, 1);
  segment_argmax(*graph, values, places);
  EXPECT_EQ(values_of(places), (std::vector<Index>{1, 3, -1}));
  const Array<T, 2> weights("weights", 6, 1);
  segment_softmax(*graph, values, weights);
  for (const T weight : values_of(weights)) EXPECT_TRUE(std::isnan(weight));
}

TYPED_TEST(Segment, GathersFromBothEnds) {
  using T = TypeParam;
  const auto graph = uneven_graph();
  const testing::Edges edges = testing::edges_of_rows(*graph);
  const auto n_edges = static_cast<Index>(edges.size());
  for (const Index channels : kChannelCounts) {
    const std::vector<T> nodes = random_values<T>(400 * static_cast<std::size_t>(channels), 5);
    const Array<T, 2> of_senders("senders", n_edges, channels);
    const Array<T, 2> of_receivers("receivers", n_edges, channels);
    gather_senders(*graph, matrix(400, channels, nodes), of_senders);
    gather_receivers(*graph, matrix(400, channels, nodes), of_receivers);
    const std::vector<T> senders = values_of(of_senders);
    const std::vector<T> receivers = values_of(of_receivers);
    for (std::size_t e = 0, place = 0; e < edges.size(); ++e) {
      for (Index c = 0; c < channels; ++c, ++place) {
        EXPECT_EQ(senders[place], nodes[static_cast<std::size_t>(edges[e].second * channels + c)]);
        EXPECT_EQ(receivers[place], nodes[static_cast<std::size_t>(edges[e].first * channels + c)]);
      }
    }
  }
}

template <class T>
double inner_product(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

TYPED_TEST(Segment, SumsAreTheAdjointsOfGathers) {
  using T = TypeParam;
  const auto graph = uneven_graph();
  const auto n_edges = static_cast<Index>(graph->edge_count());
  const EdgeValues<T> v(*graph, 5, 6);
  const std::vector<T> x = random_values<T>(400 * 5, 7);
  const Array<T, 2> gathered("gathered", n_edges, 5);
  const Array<T, 2> summed("summed", 400, 5);
  gather_senders(*graph, matrix(400, 5, x), gathered);
  segment_sum_by_sender(*graph, v.device, summed);
  const double scale = double(tol<T>(64)) * std::sqrt(double(v.host.size()));
  EXPECT_NEAR(inner_product(values_of(gathered), v.host), inner_product(values_of(summed), x),
              scale);
  gather_receivers(*graph, matrix(400, 5, x), gathered);
  segment_sum(*graph, v.device, summed);
  EXPECT_NEAR(inner_product(values_of(gathered), v.host), inner_product(values_of(summed), x),
              scale);
}

TYPED_TEST(Segment, SumBySenderOfABipartiteGraph) {
  using T = TypeParam;
  EdgeList edges;
  edges.n_receivers = 2;
  edges.n_senders = 4;
  edges.is_bipartite = true;
  edges.receivers = to_device("receivers", std::vector<Index>{0, 0, 1, 1, 1});
  edges.senders = to_device("senders", std::vector<Index>{0, 3, 0, 2, 3});
  const auto graph = graph_from_edges(edges).graph;
  const Array<T, 2> sums("sums", 4, 1);
  segment_sum_by_sender(*graph, matrix<T>(5, 1, {1, 2, 4, 8, 16}), sums);
  EXPECT_EQ(values_of(sums), (std::vector<T>{5, 0, 8, 18}));
}

TYPED_TEST(Segment, TakesNoChannelsAndNoEdges) {
  using T = TypeParam;
  const auto lonely = graph_from_pairs(3, {});
  const Array<T, 2> sums("sums", 3, 2);
  segment_sum(*lonely, Array<T, 2>("values", 0, 2), sums);
  EXPECT_EQ(values_of(sums), (std::vector<T>(6, 0)));
  segment_mean(*lonely, Array<T, 2>("values", 0, 2), sums);
  EXPECT_EQ(values_of(sums), (std::vector<T>(6, 0)));
  EXPECT_NO_THROW(segment_sum(*lonely, Array<T, 2>("values", 0, 0), Array<T, 2>("sums", 3, 0)));
}

TYPED_TEST(Segment, RefusesWrongShapes) {
  using T = TypeParam;
  const auto graph = graph_from_pairs(3, {{0, 1}, {1, 2}});
  const Array<T, 2> values("values", 2, 4);
  EXPECT_EQ(error_of([&] { segment_sum(*graph, Array<T, 2>("v", 3, 4), Array<T, 2>("r", 3, 4)); }),
            "the edge values are [3, 4] but must be [2, 4]");
  EXPECT_EQ(error_of([&] { segment_mean(*graph, values, Array<T, 2>("r", 3, 5)); }),
            "the results are [3, 5] but must be [3, 4]");
  EXPECT_EQ(error_of([&] { segment_max(*graph, values, Array<T, 2>("r", 2, 4)); }),
            "the results are [2, 4] but must be [3, 4]");
  EXPECT_EQ(error_of([&] { segment_argmax(*graph, values, Array<Index, 2>("r", 2, 4)); }),
            "the results are [2, 4] but must be [3, 4]");
  EXPECT_EQ(error_of([&] { segment_softmax(*graph, values, Array<T, 2>("r", 3, 4)); }),
            "the results are [3, 4] but must be [2, 4]");
  EXPECT_EQ(error_of([&] { segment_sum_by_sender(*graph, values, Array<T, 2>("r", 2, 4)); }),
            "the results are [2, 4] but must be [3, 4]");
  EXPECT_EQ(error_of([&] { gather_senders(*graph, values, values); }),
            "the node values are [2, 4] but must be [3, 4]");
  EXPECT_EQ(
      error_of([&] { gather_receivers(*graph, Array<T, 2>("x", 3, 4), Array<T, 2>("r", 2, 3)); }),
      "the results are [2, 3] but must be [2, 4]");
}

}  // namespace
}  // namespace filigree
