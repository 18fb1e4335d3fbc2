# Both programs against TARGET, held to the strictest warnings a user may have.
function(consumer_programs target)
  foreach(language c cc)
    add_executable(consumer_${language}
      ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/consumer.${language})
    target_compile_options(consumer_${language} PRIVATE
      -Wall -Wextra -Wpedantic -Werror)
    target_link_libraries(consumer_${language} PRIVATE ${target})
  endforeach()
endfunction()
