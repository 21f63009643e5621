//! `whydown collect`: prints the commands whose output is a complete export.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::moment;
use crate::advise::collect::{Wanted, collect};
use crate::model::{Platform, Timestamp};

/// Print the commands that export everything an analysis needs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown collect --service orders-api --region europe-west1 --from -3h\n  whydown collect --service orders-api --from 2026-03-02T09:00:00Z --script > collect.sh"
)]
pub struct Collect {
    /// Service, job or container app
    #[arg(long)]
    service: String,
    /// Region
    #[arg(long, default_value = "")]
    region: String,
    /// Project id; on Azure the resource group
    #[arg(long, default_value = "")]
    project: String,
    /// Start: RFC 3339, or -3h
    #[arg(long, value_parser = moment::parse, allow_hyphen_values = true)]
    from: Timestamp,
    /// End: RFC 3339, or -1h
    #[arg(long, value_parser = moment::parse, allow_hyphen_values = true, default_value = "-0s")]
    to: Timestamp,
    /// Where the service runs
    #[arg(long, value_enum, default_value_t = PlatformName::CloudRun)]
    platform: PlatformName,
    /// Print a script instead of steps
    #[arg(long)]
    script: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PlatformName {
    CloudRun,
    CloudRunJob,
    AzureContainerApps,
}

impl Collect {
    /// Prints the steps.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let platform = match self.platform {
            PlatformName::CloudRun => Platform::CloudRun,
            PlatformName::CloudRunJob => Platform::CloudRunJob,
            PlatformName::AzureContainerApps => Platform::AzureContainerApps,
        };
        let steps = collect(&Wanted {
            platform,
            project: &self.project,
            region: &self.region,
            service: &self.service,
            from: self.from,
            to: self.to,
        });
        let mut out = std::io::stdout().lock();
        if self.script {
            writeln!(out, "#!/bin/sh\nset -eu")?;
        }
        for (title, command) in steps {
            writeln!(out, "# {title}\n{command}")?;
        }
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
