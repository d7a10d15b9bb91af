# SPDX-License-Identifier: MIT
# Writes OUTPUT, a C source that has each of FILES (a list, ';' between) as an array of bytes, named
# PREFIX_NAME after the file's name, and its size. HEADER declares them.
set(text "/* Made by embed.cmake. */\n#include \"${HEADER}\"\n\n")
foreach(file ${FILES})
	get_filename_component(name ${file} NAME_WE)
	file(READ ${file} bytes HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
	string(APPEND text
		"const unsigned char ${PREFIX}_${name}[] = {${bytes}};\n"
		"const size_t ${PREFIX}_${name}_size = sizeof(${PREFIX}_${name});\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
