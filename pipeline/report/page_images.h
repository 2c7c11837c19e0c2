// What the pages show of a participant's images, read from what a run left in OUT: nothing is measured again.
//
// All that take OUT only read OUT and the scans' headers: same files, same bytes. Safe to call from several threads.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "imaging/morphology.h"
#include "pipeline/analysis/participant_report.h"
#include "pipeline/dataset/bids.h"

namespace wane {

// The brain and the head around it: the part of the visits' grid that the viewer shows, which may reach beyond it.
// `brains`: of all visits, on one grid.
Box part_shown(const std::vector<const Mask*>& brains);

// 1 CSF, 2 GM, 3 WM, whichever fills most of the voxel; 0 where the three together fill less than half of it.
Mask fullest_tissue(const Volume& csf, const Volume& gm, const Volume& wm);

// `Viewer` of pages/src/page_data.ts: the images and the surface of those visits that were measured together, and of
// the changes between them. null where an image of a visit is not in `out` or cannot be read; maps of change or a
// surface that are not there are left out alone.
nlohmann::ordered_json viewer_json(const std::filesystem::path& out, const ParticipantReport& report);

// `ScanFacts` of pages/src/page_data.ts, one a visit of the report, in its order. From sidecars come only fields that
// name a scanner or a sequence, and only where every word is one that these are known to be called by; no free text.
// The voxel size is that of the raw scan's header.
nlohmann::ordered_json scan_facts_json(const DatasetParticipant& participant, const ParticipantReport& report);

// "data:image/jpeg;base64,…" of a picture, made smaller where it is wider than `widest_pixels`; "" where there is none.
std::string picture_data_uri(const std::filesystem::path& png_file, int widest_pixels);

// The same of one visit in three planes with the brain's outline, one slice a plane, side by side: 15 to 40 KB at
// 600 pixels. Cut out of the quality picture, and never larger than there; "" where that does not show the visit.
std::string quality_picture_data_uri(const std::filesystem::path& out, const ParticipantReport& report,
                                     const std::string& session, int widest_pixels);

}  // namespace wane
