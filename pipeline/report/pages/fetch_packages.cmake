# What the lock file names, into WORK/node_modules. A package's own scripts are not run: none of them is needed.
file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${WORK} NO_SOURCE_PERMISSIONS)
execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
                WORKING_DIRECTORY ${WORK} RESULT_VARIABLE result OUTPUT_VARIABLE words ERROR_VARIABLE words)
if(NOT result EQUAL 0)
  execute_process(COMMAND ${NPM} config get registry WORKING_DIRECTORY ${WORK} OUTPUT_VARIABLE registry
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  message(FATAL_ERROR "${words}\nThe npm packages of ${SOURCE} could not be fetched from ${registry}: check the network, or "
                      "name another registry (npm config set registry URL). Wane is built without pages by "
                      "-DWANE_PAGES=OFF, and without bids-validator where its target is not asked for.")
endif()
file(WRITE ${WORK}/packages.stamp "")
