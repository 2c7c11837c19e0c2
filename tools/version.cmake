# Writes OUTPUT, a .cpp that says which sources the program was built from; run by every build, and touches the file only
# when that changes. `wane run` measures anew what another version measured, so two programs that could measure
# differently must never have the same one:
#   0.1.0+g0123456789                 built from that commit as it is
#   0.1.0+g0123456789-dirty.89abcdef  built from changed sources, whose hash follows
#   0.1.0+source.0123456789ab         no git here: the hash of the sources
# cmake -DSOURCE_DIR=... -DPROJECT_VERSION=0.1.0 -DOUTPUT=version.cpp -P version.cmake
set(folders base imaging registration segmentation pipeline tools)

# Names and contents, in an order that does not depend on the machine.
function(hash_of_sources result)
  set(patterns ${SOURCE_DIR}/CMakeLists.txt)
  foreach(folder ${folders})
    foreach(kind *.cpp *.h CMakeLists.txt *.cmake)
      list(APPEND patterns ${SOURCE_DIR}/${folder}/${kind})
    endforeach()
  endforeach()
  file(GLOB_RECURSE files RELATIVE ${SOURCE_DIR} ${patterns})
  list(REMOVE_DUPLICATES files)
  list(SORT files)
  set(text "")
  foreach(file ${files})
    file(SHA256 ${SOURCE_DIR}/${file} hash)
    string(APPEND text "${hash} ${file}\n")
  endforeach()
  string(SHA256 hash "${text}")
  set(${result} ${hash} PARENT_SCOPE)
endfunction()

# Empty where git, or a repository of exactly this folder, is not there: a copy inside another project's repository is
# not that project's commit.
function(commit_of_sources result)
  set(${result} "" PARENT_SCOPE)
  find_program(GIT git)
  if(NOT GIT OR NOT EXISTS ${SOURCE_DIR}/.git)
    return()
  endif()
  execute_process(COMMAND ${GIT} -C ${SOURCE_DIR} rev-parse --short=10 HEAD
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed)
    set(${result} ${commit} PARENT_SCOPE)
  endif()
endfunction()

function(sources_are_changed result)
  execute_process(COMMAND ${GIT} --no-optional-locks -C ${SOURCE_DIR} status --porcelain -- CMakeLists.txt ${folders}
                  OUTPUT_VARIABLE changes RESULT_VARIABLE failed ERROR_QUIET)
  if(failed OR NOT changes STREQUAL "")
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

commit_of_sources(commit)
hash_of_sources(hash)
if(commit STREQUAL "")
  string(SUBSTRING ${hash} 0 12 short)
  set(origin source.${short})
else()
  set(origin g${commit})
  sources_are_changed(changed)
  if(changed)
    string(SUBSTRING ${hash} 0 8 short)
    string(APPEND origin -dirty.${short})
  endif()
endif()

set(text "#include \"tools/version.h\"\n\nconst char* wane::program_version() {\n  return \"${PROJECT_VERSION}+${origin}\";\n}\n")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
