// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// One page that tells of a run: it needs no other file, no network and no script.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/report/run_record.hpp"

namespace filigree::app {

struct ReportPicture {
  std::vector<std::byte> png;  ///< empty when there is none
  std::string note;            ///< then why
};

std::string report_html(const RunRecord& record, const ReportPicture& picture);

}  // namespace filigree::app
