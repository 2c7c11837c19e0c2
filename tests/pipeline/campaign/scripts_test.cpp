#include "pipeline/campaign/scripts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "tests/broken/scratch_folder.h"
#include "tests/refusal.h"

namespace wane {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

// A program that writes its arguments, each in a line, into the file `words` beside it.
fs::path recording_program(const fs::path& folder) {
  fs::create_directories(folder);
  write(folder / "wane", "#!/bin/bash\nprintf '%s\\n' \"$PWD\" \"$@\" >>\"$(dirname \"$0\")/words\"\n");
  fs::permissions(folder / "wane", fs::perms::owner_all);
  return folder / "wane";
}

// What a shell could take for something else.
constexpr const char* hostile_name = "a b'c\"d$(touch hacked)`touch hacked`;touch hacked\\ {} {1} * #";

WaneCall call_in(const fs::path& folder) {
  WaneCall call;
  call.program = recording_program(folder / hostile_name);
  call.bids = folder / "-bids $HOME";
  call.out = folder / hostile_name / "out";
  call.folder = folder / hostile_name;
  call.shared_options = {"--config", (folder / "it's.json").string()};
  call.participant_options = {"--template", "T"};
  call.group_options = {"--no-pages"};
  return call;
}

const std::vector<ParticipantWork> work = {
    {"sub-01", 1'000'000'000, 60}, {"sub-a b$(touch hacked)'\"", 1'000'000'000, 60}, {"sub-*", 1'000'000'000, 60}};

std::string words_of(const fs::path& script, const fs::path& folder, int task) {
  fs::remove(folder / hostile_name / "words");
  const std::string command =
      "cd '" + folder.string() + "' && SLURM_ARRAY_TASK_ID=" + std::to_string(task) + " bash '" + script.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return text_of(folder / hostile_name / "words");
}

TEST(ArrayScript, CallsEachTaskWithItsParticipantsWhateverTheyAreCalled) {
  const broken::ScratchFolder folder;
  const WaneCall call = call_in(folder.path());
  const CampaignPlan plan = plan_campaign(work, {2, 1, std::nullopt});
  write(folder / "tasks '$(touch hacked).tsv", task_table(plan, work));
  JobRequest request;
  request.memory_bytes = 1'500'000'000;
  write(folder / "script", array_script(call, request, plan.tasks.size(), folder / "tasks '$(touch hacked).tsv"));

  const std::string start = call.folder.string() + "\nparticipant\n" + call.bids.string() + "\n" + call.out.string() +
                            "\n--config\n" + call.shared_options[1] +
                            "\n--template\nT\n--threads\n1\n--memory\n1.500\n--participant-label\n";
  EXPECT_EQ(words_of(folder / "script", folder.path(), 1), start + "sub-01\nsub-*\n");
  EXPECT_EQ(words_of(folder / "script", folder.path(), 2), start + "sub-a b$(touch hacked)'\"\n");
  EXPECT_FALSE(fs::exists(folder / "hacked"));
  EXPECT_FALSE(fs::exists(folder / hostile_name / "hacked"));
}

TEST(ArrayScript, AsksForWhatIsRequested) {
  const broken::ScratchFolder folder;
  JobRequest request;
  request.partition = "short";
  request.account = "lab";
  request.qos = "low";
  request.more = {"--constraint=haswell&avx"};
  request.time = "0-01:00:00";
  request.cpus = 3;
  request.memory_bytes = 3ULL << 30;
  const std::string script = array_script(call_in(folder.path()), request, 7, "tasks.tsv");
  for (const char* line :
       {"--partition=short", "--account=lab", "--qos=low", "--constraint=haswell&avx", "--time=0-01:00:00",
        "--cpus-per-task=3", "--mem=3072M", "--array=1-7", "--requeue", "--open-mode=append"})
    EXPECT_NE(script.find(std::string("#SBATCH ") + line + "\n"), std::string::npos) << line << "\n" << script;
  EXPECT_LT(script.rfind("#SBATCH"), script.find("set -e")) << "sbatch reads no option after the first command";
}

TEST(GroupScript, CallsGroupWithItsOptions) {
  const broken::ScratchFolder folder;
  const WaneCall call = call_in(folder.path());
  write(folder / "script", group_script(call, {}));
  EXPECT_EQ(words_of(folder / "script", folder.path(), 1), call.folder.string() + "\ngroup\n" + call.bids.string() +
                                                               "\n" + call.out.string() + "\n--config\n" +
                                                               call.shared_options[1] + "\n--no-pages\n--threads\n1\n");
}

TEST(GroupScript, AsksForNoMoreTimeAndMemoryThanTheUserDoes) {
  const broken::ScratchFolder folder;
  const WaneCall call = call_in(folder.path());
  const auto asks = [&](const std::string& time, std::uint64_t memory_bytes, const std::string& line) {
    JobRequest asked;
    asked.time = time;
    asked.memory_bytes = memory_bytes;
    return group_script(call, asked).find("#SBATCH --" + line + "\n") != std::string::npos;
  };
  EXPECT_TRUE(asks("", 0, "time=0-02:00:00"));
  EXPECT_TRUE(asks("", 0, "mem=3815M"));
  EXPECT_TRUE(asks("30", 0, "time=30")) << "a partition may allow no more";
  EXPECT_TRUE(asks("1-00", 0, "time=0-02:00:00"));
  EXPECT_TRUE(asks("", 2ULL << 30, "mem=2048M"));
}

TEST(CommandList, RunsFromAnyFolderWhateverNamesHold) {
  const broken::ScratchFolder folder;
  const WaneCall call = call_in(folder.path());
  const CampaignPlan plan = plan_campaign(work, {3, 1, std::nullopt});
  write(folder / "list", command_list(call, plan, work, 2));
  const std::string words = words_of(folder / "list", folder.path(), 0);
  for (const auto& each : work)
    EXPECT_NE(words.find("--threads\n2\n--memory\n1.100\n--participant-label\n" + each.participant_id + "\n"),
              std::string::npos)
        << words;
  EXPECT_FALSE(fs::exists(folder / hostile_name / "hacked"));
}

TEST(JobRequest, RefusesWhatWouldBecomeAnotherOption) {
  JobRequest request;
  request.partition = "short\n#SBATCH --uid=0";
  EXPECT_THROW(require_plain(request), UsageError);
  request.partition = "short --uid=0";
  EXPECT_THROW(require_plain(request), UsageError);
  request.partition = "";
  request.more = {"constraint=haswell"};
  EXPECT_THROW(require_plain(request), UsageError);
  request.more = {"--constraint=[rack1*2&rack2*4]"};
  EXPECT_NO_THROW(require_plain(request));
}

TEST(SlurmTime, IsWrittenAndReadAsSlurmDoes) {
  EXPECT_EQ(slurm_time(60), "0-00:01:00");
  EXPECT_EQ(slurm_time(61), "0-00:02:00");
  EXPECT_EQ(slurm_time(86400 + 7200 + 180), "1-02:03:00");
  EXPECT_EQ(slurm_time_seconds("90", ""), 5400U);
  EXPECT_EQ(slurm_time_seconds("1:30", ""), 90U);
  EXPECT_EQ(slurm_time_seconds("1:30:00", ""), 5400U);
  EXPECT_EQ(slurm_time_seconds("2-12", ""), 2U * 86400 + 12 * 3600);
  EXPECT_EQ(slurm_time_seconds("2-12:30", ""), 2U * 86400 + 12 * 3600 + 1800);
  EXPECT_EQ(slurm_time_seconds("2-12:30:15", ""), 2U * 86400 + 12 * 3600 + 1815);
  for (const char* text : {"", "-", "1-", "a", "1:2:3:4", "1h", "0", "99999999999999999999", "1--2"})
    EXPECT_THROW(slurm_time_seconds(text, "--time"), UsageError) << text;
}

TEST(SlurmMemory, IsReadAsSlurmDoes) {
  EXPECT_EQ(slurm_memory_bytes("4000", ""), 4000ULL << 20);
  EXPECT_EQ(slurm_memory_bytes("4G", ""), 4ULL << 30);
  EXPECT_EQ(slurm_memory_bytes("500m", ""), 500ULL << 20);
  EXPECT_EQ(slurm_memory_bytes("1T", ""), 1ULL << 40);
  for (const char* text : {"64M", "1", "95M", "90000K"}) {
    std::string refusal;
    try {
      slurm_memory_bytes(text, "--mem");
    } catch (const UsageError& error) {
      refusal = error.what();
    }
    EXPECT_NE(refusal.find("less than any participant needs"), std::string::npos) << text << ": " << refusal;
  }
  EXPECT_EQ(slurm_memory_bytes("96M", "--mem"), 96ULL << 20);
  for (const char* text : {"", "G", "4GB", "-4G", "0", "4.5G", "99999999999999999999T"})
    EXPECT_THROW(slurm_memory_bytes(text, "--mem"), UsageError) << text;
}

}  // namespace
}  // namespace wane
