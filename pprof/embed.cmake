# SPDX-License-Identifier: MIT
# Writes OUTPUT, a C source that has each of FILES (a list, ';' between) as an array of bytes, named
# weft_report_page_NAME after the file's name, and its size.
set(text "/* Made by embed.cmake. */\n#include \"report-page.h\"\n\n")
foreach(file ${FILES})
	get_filename_component(name ${file} NAME_WE)
	file(READ ${file} bytes HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
	string(APPEND text
		"const unsigned char weft_report_page_${name}[] = {${bytes}};\n"
		"const size_t weft_report_page_${name}_size = sizeof(weft_report_page_${name});\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
