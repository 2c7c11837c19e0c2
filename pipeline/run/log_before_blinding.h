// The run log of the time before the first --blind.
//
// A log that tells of reports without blinding names the SHA-256 of participants.tsv and of reports with doses: from
// these, everybody's dose group is found by trying all arrangements. `--blind` puts such a log beside the key file and
// begins another in OUT, whose first line names the old one's last by a keyed hash. `wane unblind` brings it back.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace wane {

// Where the log goes: beside the key file, with permissions 0600. `head_hmac_sha256`: see put_log_away.
std::filesystem::path log_beside_key(const std::filesystem::path& key_file, const std::string& head_hmac_sha256);

// Adds the line of the event "blind", {"key_sha256", "log_before", "plan_sha256_unblinded"}, to OUT's log. Where that
// log tells of more than measurements, it is put beside the key first, the line begins a log of its own, and log_before
// is {"entries", "head_hmac_sha256"}: HMAC-SHA-256 of the head's digits with `secret`. Does nothing where the log has
// such a line with this key already (a run was killed before it could mark OUT as blinded). Throws ResourceError.
void put_log_away(const std::filesystem::path& out, const std::filesystem::path& key_file, const std::string& secret,
                  const std::string& key_sha256);

// OUT/logs/campaign-0001 and so on are the folders of campaigns (pipeline/campaign/campaign_folder.h).
inline constexpr const char* campaign_folder_start = "campaign-";

// Removes what Slurm wrote of the jobs of `wane slurm`, OUT/logs/campaign-*/*.log: what `wane group` prints there names
// dose groups with their means. Throws ResourceError where one cannot be removed.
void remove_job_logs(const std::filesystem::path& out);

// Whether OUT's log has a line of the event "blind"; logs of blinded results from older versions have none, and their
// other lines name hashes without a key.
bool tells_of_blinding(const std::filesystem::path& out);

// Copies the log that was put away to OUT/logs/run-before-blinding.jsonl. Gives a sentence where it is missing or is
// another; nothing where there was none to bring back. Throws ResourceError.
std::optional<std::string> bring_log_back(const std::filesystem::path& out, const std::filesystem::path& key_file,
                                          const std::string& secret);

}  // namespace wane
