// wane template: makes the head template that scans are aligned to.
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error_context.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/template_folder.h"
#include "segmentation/build_template.h"
#include "tools/commands.h"

namespace wane {

namespace {

struct TemplateFiles {
  std::filesystem::path head, brain, atlas, out;
};

void make_template(const TemplateFiles& files) {
  const Volume head = read_nifti(files.head).volume;
  const Volume brain = read_nifti(files.brain).volume;
  const LabelMap atlas = read_nifti_labels(files.atlas);
  const HeadTemplate made = naming_in_errors(files.head.string(), [&] { return build_template(head, brain, atlas); });
  write_template(files.out, made);
  std::cout << files.out.string() << '\n';
}

}  // namespace

void add_template_command(CLI::App& program) {
  const auto files = std::make_shared<TemplateFiles>();
  CLI::App* command = program.add_subcommand("template", "Make the head template that scans are aligned to");
  const auto process = std::make_shared<ProcessFlags>(*command);
  command
      ->add_option("--head", files->head, "T1-weighted head with skull and scalp (ch2.nii.gz of Debian's mricron-data)")
      ->required()
      ->type_name("FILE");
  command->add_option("--brain", files->brain, "The same head, brain only (ch2bet.nii.gz)")
      ->required()
      ->type_name("FILE");
  command->add_option("--atlas", files->atlas, "Regions of its brain (aal.nii.gz)")->required()->type_name("FILE");
  command->add_option("--out", files->out, "Folder to write head, brain_probability, gm_prior, ... to")
      ->required()
      ->type_name("DIR");
  command->footer("The build runs this once; share/wane/template holds the result. Use another with --template.");
  command->callback([files, process] {
    process->start();
    make_template(*files);
  });
}

}  // namespace wane
