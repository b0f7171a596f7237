// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// `filigree report`: one sound page, whatever the run looks like.
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "app/report/html.hpp"
#include "app/report/svg_plot.hpp"
#include "app/report/ticks.hpp"
#include "tests/app/app_support.hpp"
#include "tests/app/xml_check.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Ticks, AreRoundAndCoverTheRange) {
  EXPECT_THAT(app::nice_ticks(0, 1, 6).labels, ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(app::nice_ticks(-3.2, 7, 4).labels, ElementsAre("-5", "0", "5", "10"));
  EXPECT_THAT(app::nice_ticks(0, 2.4e6, 4).labels, ElementsAre("0", "1e6", "2e6", "3e6"));
  EXPECT_THAT(app::nice_ticks(0.1, 0.3, 3).labels, ElementsAre("0.1", "0.2", "0.3"));
  EXPECT_THAT(app::nice_ticks(0, 3e-6, 4).labels, ElementsAre("0", "1e-6", "2e-6", "3e-6"));
}

TEST(Ticks, EveryRangeGivesFiniteTicks) {
  const double huge = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  for (const auto& [low, high] : {std::pair(0.0, 0.0),
                                  {5.0, 5.0},
                                  {-huge, huge},
                                  {0.0, tiny},
                                  {1.0, 1.0 + 1e-15},
                                  {-7.0, -7.0},
                                  {1e9, 1e9 + 1}}) {
    const app::Ticks ticks = app::nice_ticks(low, high, 6);
    ASSERT_GE(ticks.values.size(), 2U);
    EXPECT_LE(ticks.values.size(), 8U);
    for (const double value : ticks.values) EXPECT_TRUE(std::isfinite(value));
    EXPECT_LT(ticks.values.front(), ticks.values.back());
    EXPECT_EQ(ticks.labels.size(), ticks.values.size());
  }
}

TEST(Html, EscapesWhatAPageMustNotHold) {
  EXPECT_EQ(app::escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(app::escaped("\xff\x01"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(app::escaped("\xc2\xb5m"), "\xc2\xb5m");
}

TEST(Html, Base64IsTheUsualOne) {
  const auto encoded = [](const std::string& text) {
    return app::base64(std::as_bytes(std::span(text.data(), text.size())));
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(SvgPlot, ThinningKeepsTheEnds) {
  app::Curve curve{.name = "a", .x = {}, .y = {}, .strong = true};
  for (int i = 0; i < 100000; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(i == 777 ? 5 : i == 888 ? -5 : 0);
  }
  const app::Curve thin = app::thinned(curve, 100);
  EXPECT_LE(thin.x.size(), 400U);
  EXPECT_TRUE(thin.strong);
  EXPECT_THAT(thin.y, AllOf(testing::Contains(5), testing::Contains(-5)));
  EXPECT_EQ(thin.x.front(), 0);
  EXPECT_EQ(thin.x.back(), 99999);
  EXPECT_TRUE(std::is_sorted(thin.x.begin(), thin.x.end()));
}

TEST(SvgPlot, OddCurvesGiveSoundPlots) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double huge = std::numeric_limits<double>::max();
  const std::vector<app::Curve> curves{{.name = "none", .x = {}, .y = {}},
                                       {.name = "one", .x = {1}, .y = {2}},
                                       {.name = "gaps", .x = {0, 1, 2, 3}, .y = {1, nan, 3, huge}},
                                       {.name = "still & <flat>", .x = {0, 1}, .y = {3, 3}},
                                       {.name = "huge", .x = {-huge, huge}, .y = {-huge, huge}}};
  for (std::size_t n = 0; n <= curves.size(); ++n) {
    const std::string text = app::svg_text({.title = "a & b",
                                            .x_label = "time [s]",
                                            .y_label = "<y>",
                                            .curves = {curves.begin(), curves.begin() + long(n)}});
    EXPECT_EQ(fault_of(text), "");
    EXPECT_THAT(text, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
  }
}

class ReportTest : public ProgramTest {
 protected:
  /// The page of a run in the folder "run".
  std::string page() const {
    const CallResult result = call({"report", path("run"), "--no-pictures"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, "report in " + path("run/report.html") + "\n");
    std::string text = slurp(folder_ / "run/report.html");
    EXPECT_EQ(fault_of(text), "");
    EXPECT_THAT(text,
                AllOf(Not(HasSubstr(">nan")), Not(HasSubstr("NaN")), Not(HasSubstr("<script")),
                      Not(HasSubstr("href=")), Not(HasSubstr("src=\"http"))));
    return text;
  }
  void run(const std::vector<std::string>& more = {}) const {
    const std::string file = write("drop.yaml", kDrop).string();
    std::vector<std::string> words{"run", file, "--quiet", "--out", path("run")};
    words.insert(words.end(), more.begin(), more.end());
    call(words);
  }
  void change_manifest(const std::function<void(nlohmann::ordered_json&)>& change) const {
    const fs::path file = folder_ / "run/manifest.json";
    auto json = nlohmann::ordered_json::parse(slurp(file));
    change(json);
    write("run/manifest.json", json.dump());
  }
};

TEST(SvgPlot, LogarithmicAxesStandAtPowersOfTen) {
  const std::string text = app::svg_text({.title = "Loss",
                                          .x_label = "time [s]",
                                          .y_label = "Loss",
                                          .curves = {{"loss", {0, 1, 2, 3}, {0, 20, 0.5, 0.02}}},
                                          .logarithmic = true});
  EXPECT_EQ(fault_of(text), "");
  for (const char* label : {">1e-2<", ">1e-1<", ">1e0<", ">1e1<", ">1e2<"}) {
    EXPECT_THAT(text, HasSubstr(label));
  }
  EXPECT_THAT(text, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
}

TEST_F(ReportTest, TellsEverythingAboutAFinishedRun) {
  run();
  EXPECT_THAT(
      page(),
      AllOf(HasSubstr("<h1>a collapsing column</h1>"), HasSubstr("<span class=\"mark good\">done<"),
            HasSubstr("<span class=\"mark good\">met<"), HasSubstr("Energy budget"),
            HasSubstr(">kinetic_energy<"), HasSubstr("Energy [J]"), HasSubstr("Angular momentum ["),
            HasSubstr("<code>bodies.0.material.bulk_modulus</code></td><td>20000</td><td>Pa</td>"),
            HasSubstr("<code>gravity</code></td><td>[0, -9.81]</td><td>m/s^2</td>"),
            HasSubstr("frames/drop_000020.")));
}

TEST_F(ReportTest, SaysWhichExpectationWasMissed) {
  run({"expect.0.within=[1, 2]"});
  EXPECT_THAT(page(), AllOf(HasSubstr("an expectation was missed"),
                            HasSubstr("<span class=\"mark bad\">missed<"), HasSubstr("1 to 2 m")));
}

TEST_F(ReportTest, FailedRunIsReportedAsFarAsItCame) {
  run({"solver.dt=0.05", "bodies.0.material.bulk_modulus=2e9"});
  EXPECT_THAT(page(), AllOf(HasSubstr("<span class=\"mark bad\">failed<"),
                            HasSubstr("<span class=\"mark open\">open<")));
}

TEST_F(ReportTest, UnfinishedRunWithAHalfWrittenRowIsReported) {
  run();
  change_manifest([](auto& json) {
    json["status"] = "running";
    json["result"]["ended"] = "";
  });
  const std::string table = slurp(folder_ / "run/diagnostics.csv");
  write("run/diagnostics.csv", table + "0.2,12");
  fs::remove(folder_ / "run/metrics.json");
  EXPECT_THAT(page(), AllOf(HasSubstr("not finished"), HasSubstr("Energy budget"),
                            HasSubstr("simulated to t = 0.1 s")));
}

TEST_F(ReportTest, MissingAndDamagedFilesGiveNotes) {
  run();
  fs::remove(folder_ / "run/manifest.json");
  EXPECT_THAT(page(), AllOf(HasSubstr("There is no manifest.json"), HasSubstr("Run run"),
                            HasSubstr("Energy budget")));
  write("run/manifest.json", "{ <not json>");
  write("run/diagnostics.csv", "time [s],a\n0,1\n1,x\n2,3\n");
  EXPECT_THAT(page(), AllOf(HasSubstr("not valid JSON"),
                            HasSubstr("diagnostics.csv:3: &#39;x&#39; is not a finite number")));
}

TEST_F(ReportTest, NamesAreEscapedAndOtherScenarioTypesWork) {
  run();
  change_manifest([](auto& json) {
    json["job"]["options"] = {{"scenario", {{"type", "<b>"}, {"title", "a<b> & \"c\""}}},
                              {"<i>key", "<i>value"},
                              {"list", {{{"k", 1.5}}, {{"k", true}}}}};
  });
  write("run/diagnostics.csv", "time [s],<loss> & more [<unit>]\n0,1\n");
  write("run/metrics.json", "{\"<name>\": {\"value\": 1.5, \"unit\": \"<u>\"}}");
  EXPECT_THAT(page(),
              AllOf(HasSubstr("<h1>a&lt;b&gt; &amp; &quot;c&quot;</h1>"), Not(HasSubstr("<i>")),
                    HasSubstr("<code>list.0.k</code></td><td>1.5</td>"), HasSubstr("1.5 &lt;u&gt;"),
                    HasSubstr("&lt;loss&gt; &amp; more"), HasSubstr("<circle ")));
}

TEST_F(ReportTest, LongTablesAreThinned) {
  std::string table = "time [s],loss,still [m]\n";
  for (int i = 0; i < 200000; ++i)
    table += std::to_string(i) + "," + std::to_string(i % 97) + ",2\n";
  write("run/diagnostics.csv", table);
  const std::string text = page();
  EXPECT_LT(text.size(), 200000U);
  EXPECT_THAT(text, AllOf(HasSubstr("Loss"), HasSubstr("Still [m]")));
}

TEST_F(ReportTest, OtherPlaceAndWrongFolders) {
  run();
  EXPECT_EQ(call({"report", path("run"), "--no-pictures", "--out", path("x.html")}).code, 0);
  EXPECT_EQ(fault_of(slurp(folder_ / "x.html")), "");
  EXPECT_FALSE(fs::exists(folder_ / "run/report.html"));
  const CallResult none = call({"report", path("none")});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no folder"));
  EXPECT_THAT(call({"report", folder_.string()}).err, HasSubstr("does not hold a run"));
  EXPECT_EQ(call({"report", path("run"), "--no-pictures", "--out", path("no/x.html")}).code, 3);
}

}  // namespace
}  // namespace filigree::testing_support
