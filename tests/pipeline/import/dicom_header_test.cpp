// The reader of DICOM headers on bytes made by hand: each encoding, and damage. Files of another writer are read in
// tests/cases/import_test.cpp.
#include "pipeline/import/dicom_header.h"

#include <gtest/gtest.h>

namespace wane {
namespace {

std::string u16(unsigned n) {
  return {char(n & 0xff), char(n >> 8 & 0xff)};
}
std::string u32(unsigned n) {
  return u16(n & 0xffff) + u16(n >> 16);
}

std::string tag(std::uint32_t t) {
  return u16(t >> 16) + u16(t & 0xffff);
}

std::string element(std::uint32_t t, const std::string& vr, const std::string& value) {
  const bool wide = vr == "SQ" || vr == "UN" || vr == "OB";
  return tag(t) + vr + (wide ? u16(0) + u32(unsigned(value.size())) : u16(unsigned(value.size()))) + value;
}

std::string implicit_element(std::uint32_t t, const std::string& value) {
  return tag(t) + u32(unsigned(value.size())) + value;
}

std::string file(const std::string& syntax, const std::string& elements) {
  return std::string(128, '\0') + "DICM" + element(0x00020010, "UI", syntax) + elements;
}

const std::string explicit_syntax = "1.2.840.10008.1.2.1", implicit_syntax = "1.2.840.10008.1.2";

std::string usual() {
  return element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4") + element(0x0008103e, "LO", "T1_MPRAGE ") +
         element(0x00180081, "DS", "2.98") + element(0x0020000e, "UI", "1.2.3") + element(0x00280010, "US", u16(256)) +
         element(0x7fe00010, "OB", std::string(100, 'x'));
}

TEST(DicomHeader, ExplicitAndImplicitAndWithoutPreamble) {
  const auto header = parse_dicom_header(file(explicit_syntax, usual())).header;
  ASSERT_TRUE(header);
  EXPECT_EQ(header->text(dicom::series_description), "T1_MPRAGE");
  EXPECT_EQ(header->number(dicom::echo_time), 2.98);
  EXPECT_EQ(header->number(dicom::rows), 256);
  const auto implicit = parse_dicom_header(file(implicit_syntax, implicit_element(0x0008103e, "T1") +
                                                                     implicit_element(0x0020000e, "1.2.3") +
                                                                     implicit_element(0x00280010, u16(256))))
                            .header;
  ASSERT_TRUE(implicit);
  EXPECT_EQ(implicit->text(dicom::series_description), "T1");
  EXPECT_EQ(implicit->number(dicom::rows), 256);
  const auto bare = parse_dicom_header(usual()).header;
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->text(dicom::series_uid), "1.2.3");
}

TEST(DicomHeader, SequencesArePassedOverWithWhatIsInThem) {
  const std::string inner = element(0x0020000e, "UI", "9.9.9");
  const std::string of_known_length = element(0x00081140, "SQ", tag(0xfffee000) + u32(unsigned(inner.size())) + inner);
  const std::string open = tag(0x00081140) + "SQ" + u16(0) + u32(0xffffffff) + tag(0xfffee000) + u32(0xffffffff) +
                           inner + tag(0xfffee00d) + u32(0) + tag(0xfffee0dd) + u32(0);
  for (const auto& sequence : {of_known_length, open}) {
    const auto header = parse_dicom_header(file(explicit_syntax, sequence + usual())).header;
    ASSERT_TRUE(header);
    EXPECT_EQ(header->text(dicom::series_uid), "1.2.3");
  }
}

TEST(DicomHeader, MultiFrameFilesTellParametersInTheirSharedGroups) {
  const std::string echo = element(0x00189114, "SQ", tag(0xfffee000) + u32(12) + element(0x00180080, "DS", "2300"));
  const std::string shared = element(0x52009229, "SQ", tag(0xfffee000) + u32(unsigned(echo.size())) + echo);
  const std::string before = usual().substr(0, usual().find(tag(0x7fe00010)));
  const auto header = parse_dicom_header(file(explicit_syntax, before + shared)).header;
  ASSERT_TRUE(header);
  EXPECT_EQ(header->number(dicom::repetition_time), 2300);
}

TEST(DicomHeader, CutAnywhereAndAnyByteChangedNeverEndsTheProgram) {
  const std::string whole = file(explicit_syntax, usual());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    parse_dicom_header(whole.substr(0, n));
    for (const char c : {'\0', '\xff', '\x7f'}) {
      std::string bytes = whole;
      bytes[n] = c;
      parse_dicom_header(bytes);
    }
  }
  const std::string cut = whole.substr(0, whole.find("2.98"));
  EXPECT_TRUE(parse_dicom_header(cut).wants_more);
}

TEST(DicomHeader, DeepSequencesEnd) {
  std::string deep;
  for (int n = 0; n < 100'000; ++n)
    deep += tag(0x00081140) + "SQ" + u16(0) + u32(0xffffffff) + tag(0xfffee000) + u32(0xffffffff);
  parse_dicom_header(file(explicit_syntax, usual().substr(0, 60) + deep));
  EXPECT_FALSE(parse_dicom_header("a text, and no DICOM file at all").header);
}

TEST(DicomHeader, DeflatedFilesAreKnownAsSuch) {
  const auto header = parse_dicom_header(file("1.2.840.10008.1.2.1.99", "anything")).header;
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->deflated);
}

}  // namespace
}  // namespace wane
