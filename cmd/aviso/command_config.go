package main

import (
	"errors"
	"fmt"
	"io"
)

type configCommand struct {
	Check configCheck `cmd:"" help:"Say what is wrong with the configuration, or that it is right."`
	Print configPrint `cmd:"" help:"Print the configuration in force, with secrets masked."`
}

type configCheck struct{}

func (c *configCheck) unconfigured() {}

type checkView struct {
	OK       bool     `json:"ok"`
	File     string   `json:"file,omitempty"`
	Errors   []string `json:"errors"`
	Warnings []string `json:"warnings"`
}

// Run judges the configuration as every start does.
func (c *configCheck) Run(a *app) error {
	if !a.json {
		if err := a.configure(); err != nil {
			return err
		}
		return a.print(nil, func(w io.Writer) {
			if a.configFile == "" {
				fmt.Fprintln(w, "The defaults and the environment are right; no file was named with --config.")
				return
			}
			fmt.Fprintf(w, "%s is right.\n", a.configFile)
		})
	}
	v := checkView{File: a.configFile, Errors: []string{}, Warnings: []string{}}
	_, warnings, err := loadConfig(a.configFile, a.environ)
	v.Warnings = append(v.Warnings, warnings...)
	var wrong *configError
	switch {
	case errors.As(err, &wrong):
		v.Errors = append(v.Errors, lines(wrong.file, wrong.problems)...)
	case err != nil:
		return err
	}
	v.OK = err == nil
	if err := a.print(v, nil); err != nil || v.OK {
		return err
	}
	return errAnswered
}

type configPrint struct{}

// Run prints the configuration.
func (c *configPrint) Run(a *app) error {
	if a.json {
		return a.config.printJSON(a.out)
	}
	return a.config.print(a.out)
}
