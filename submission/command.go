package submission

import "strings"

// parseCommand splits a line into a verb in capitals and what follows it.
func parseCommand(line string) (verb, arg string) {
	verb, arg, _ = strings.Cut(line, " ")
	return strings.ToUpper(verb), strings.Trim(arg, " \t")
}

// parsePath reads "FROM:<path> PARAMETERS" or "TO:...". Brackets are asked for
// by RFC 5321 and often left out. Whether the path is an address is not judged.
func parsePath(arg, keyword string) (path string, parameters []string, ok bool) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return "", nil, false
	}
	rest := strings.TrimLeft(arg[len(keyword):], " \t")
	if inner, bracket := strings.CutPrefix(rest, "<"); bracket {
		if path, rest, ok = strings.Cut(inner, ">"); !ok || rest != "" && rest[0] != ' ' {
			return "", nil, false
		}
	} else if path, rest, _ = strings.Cut(rest, " "); path == "" {
		return "", nil, false
	}
	return path, strings.Fields(rest), true
}
