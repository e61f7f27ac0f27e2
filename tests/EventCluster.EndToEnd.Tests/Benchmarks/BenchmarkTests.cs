using System.Diagnostics;
using System.Text.Json;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Benchmarks;

/// <summary>Each benchmark, tiny, so that none rots. Figures are only required to be there.</summary>
public sealed class BenchmarkTests
{
    [Theory]
    [InlineData("journal")]
    [InlineData("log")]
    [InlineData("http")]
    [InlineData("catchup")]
    [InlineData("startup")]
    [InlineData("alloc")]
    [InlineData("list")]
    [InlineData("fanout")]
    [InlineData("postgres")]
    [InlineData("wire")]
    [InlineData("slow-reader")]
    public async Task Run_Tiny_PrintsFigures(string name)
    {
        Assert.SkipWhen(
            name == "postgres" && await PostgreSqlServer.FindMissingAsync() is not null, "PostgreSQL is not installed here.");
        using var process = Start(name);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await Phase.OfAsync($"benchmark {name} ends", process.WaitForExitAsync(TestContext.Current.CancellationToken));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        Assert.True(process.ExitCode == 0, await error);
        using var report = JsonDocument.Parse(await output);
        Assert.Equal(name, report.RootElement.GetProperty("benchmark").GetString());
        var rows = report.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True(row.GetProperty("medians").EnumerateObject().First().Value.GetDouble() > 0, row.ToString()));
    }

    private static Process Start(string name)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(
            ServerFiles.Repository, "benchmarks", "EventCluster.Benchmarks", "bin", configuration, "net10.0", "EventCluster.Benchmarks.dll"));
        start.ArgumentList.Add(name);
        start.ArgumentList.Add("--tiny");
        start.ArgumentList.Add("--json");
        return Process.Start(start)!;
    }
}
