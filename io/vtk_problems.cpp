// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/vtk_problems.hpp"

#include <vtkAlgorithm.h>
#include <vtkCallbackCommand.h>
#include <vtkCommand.h>
#include <vtkExecutive.h>
#include <vtkNew.h>
#include <vtkObject.h>
#include <vtkXMLReader.h>

namespace filigree {

VtkProblems::VtkProblems(vtkObject& reader) : first_(std::make_shared<std::string>()) {
  vtkNew<vtkCallbackCommand> listener;
  listener->SetClientData(first_.get());
  listener->SetCallback([](vtkObject*, unsigned long, void* client, void* words) {
    auto& first = *static_cast<std::string*>(client);
    if (first.empty()) first = words == nullptr ? "unknown" : static_cast<const char*>(words);
  });
  reader.AddObserver(vtkCommand::ErrorEvent, listener);
  reader.AddObserver(vtkCommand::WarningEvent, listener);
  if (auto* algorithm = vtkAlgorithm::SafeDownCast(&reader)) {  // repeats that the reader failed
    algorithm->GetExecutive()->AddObserver(vtkCommand::ErrorEvent, listener);
  }
  if (auto* xml = vtkXMLReader::SafeDownCast(&reader)) xml->SetParserErrorObserver(listener);
}

std::string VtkProblems::first() const {
  std::string text = *first_;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const std::size_t start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
}

}  // namespace filigree
