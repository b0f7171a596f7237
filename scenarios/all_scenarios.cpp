// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The explicit list of scenario types: one line each.
#include "scenarios/registry.hpp"
#include "scenarios/types/cable_identify_simulation.hpp"
#include "scenarios/types/cable_replay_simulation.hpp"
#include "scenarios/types/dataset_simulation.hpp"
#include "scenarios/types/deft_parity_simulation.hpp"
#include "scenarios/types/graph_classification_simulation.hpp"
#include "scenarios/types/mpm_simulation.hpp"
#include "scenarios/types/pore_flow_simulation.hpp"
#include "scenarios/types/pore_training_simulation.hpp"
#include "scenarios/types/rods_simulation.hpp"
#include "scenarios/types/value_iteration_simulation.hpp"

namespace filigree {

const ScenarioRegistry& scenario_types() {
  static const ScenarioRegistry types = [] {
    ScenarioRegistry list("scenario type");
    list.add("cable_identification",
             scenario_type<CableIdentificationOptions>(
                 "parameters of a cable from recordings of its motion", make_cable_identification));
    list.add("cable_replay", scenario_type<CableReplayOptions>(
                                 "recorded motions of a cable, predicted", make_cable_replay));
    list.add("deft_parity",
             scenario_type<DeftParityOptions>(
                 "a published branched-rod program on recorded cables, to compare with",
                 make_deft_parity));
    list.add("graph_classification",
             scenario_type<GraphClassificationOptions>(
                 "classes of graphs, learned by a convergent graph solver and cross-validated",
                 make_graph_classification));
    list.add("mpm", scenario_type<MpmOptions>(
                        "bodies of continuous material in a box, material point method", make_mpm));
    list.add("mpm_dataset",
             scenario_type<DatasetOptions>("trajectories of random scenes, for learning",
                                           make_dataset, plan_dataset));
    list.add("pore_flow",
             scenario_type<PoreFlowOptions>(
                 "flow or diffusion through a network of pores, solved exactly", make_pore_flow));
    list.add("pore_network", scenario_type<PoreTrainingOptions>(
                                 "pressures in pore networks, learned by a convergent graph solver",
                                 make_pore_training));
    list.add("rods",
             scenario_type<RodsOptions>(
                 "branched elastic cables held by clamps, discrete elastic rods", make_rods));
    list.add("value_iteration",
             scenario_type<ValueIterationOptions>(
                 "values of random decision processes, learned by a convergent graph solver",
                 make_value_iteration));
    return list;
  }();
  return types;
}

}  // namespace filigree
