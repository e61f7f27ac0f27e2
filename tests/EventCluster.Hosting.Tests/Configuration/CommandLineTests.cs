using EventCluster.Hosting.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Configuration;

public sealed class CommandLineTests
{
    [Fact]
    public void Parse_NoArguments_Runs()
    {
        var line = CommandLine.Parse([]);

        Assert.Equal(new CommandMode.Run(Restored: false), line.Mode);
        Assert.Empty(line.Settings);
        Assert.Empty(line.Faults);
    }

    [Theory]
    [InlineData("--urls", "http://127.0.0.1:5000")]
    [InlineData("--urls=http://127.0.0.1:5000", null)]
    [InlineData("--EventCluster:Urls", "http://127.0.0.1:5000")]
    [InlineData("--eventcluster:urls=http://127.0.0.1:5000", null)]
    public void Parse_AliasOrFullKey_SetsTheFullKey(string first, string? second)
    {
        var line = CommandLine.Parse(second is null ? [first] : [first, second]);

        Assert.Empty(line.Faults);
        Assert.Equal("http://127.0.0.1:5000", line.Settings["EventCluster:Urls"]);
    }

    [Theory]
    [InlineData("--url", "--urls")]
    [InlineData("--port", "--urls")]
    [InlineData("--date", "--data")]
    [InlineData("--EventCluster:Cachng=public", "--EventCluster:Caching")]
    [InlineData("--LongPoll:Timeout=4", "--EventCluster:LongPoll:Timeout")]
    [InlineData("--slavage", "--salvage")]
    public void Parse_UnknownOption_NamesTheNearest(string written, string meant)
    {
        var line = CommandLine.Parse([written]);

        var fault = Assert.Single(line.Faults);
        Assert.Equal($"unknown command-line option '{written.Split('=')[0]}'; did you mean '{meant}'?", fault);
    }

    [Theory]
    [InlineData("start", "unexpected argument 'start'; every option begins with '--', and --help lists them")]
    [InlineData("--restored=true", "'--restored' takes no value")]
    public void Parse_StrayWordOrValue_SaysSo(string written, string expected) =>
        Assert.Equal(expected, Assert.Single(CommandLine.Parse([written]).Faults));

    [Fact]
    public void Parse_SeveralMistakes_ReportsEachOnce()
    {
        var line = CommandLine.Parse(["--prot", "80", "--data", "--backup", "--EventCluster:Nope=1"]);

        Assert.Equal(4, line.Faults.Count);
        Assert.Contains(line.Faults, fault => fault.StartsWith("'--data' needs a value", StringComparison.Ordinal));
        Assert.Contains(line.Faults, fault => fault.StartsWith("'--backup' needs TO", StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_OneShotModes_TakeTheirOperands()
    {
        Assert.Equal(new CommandMode.Salvage("./a", "./b"), CommandLine.Parse(["--salvage", "./a", "./b"]).Mode);
        Assert.Equal(new CommandMode.Salvage("./a", "./b"), CommandLine.Parse(["--salvage=./a", "./b"]).Mode);
        Assert.Equal(new CommandMode.Backup("./b"), CommandLine.Parse(["--backup=./b"]).Mode);
        Assert.Equal(new CommandMode.Backup("./b"), CommandLine.Parse(["--data", "./d", "--backup", "./b"]).Mode);
        Assert.Equal(new CommandMode.Run(Restored: true), CommandLine.Parse(["--restored"]).Mode);
        Assert.Equal(new CommandMode.Help(), CommandLine.Parse(["--help"]).Mode);
        Assert.Equal(new CommandMode.Help(), CommandLine.Parse(["-h"]).Mode);
        Assert.Equal(new CommandMode.Version(), CommandLine.Parse(["--version"]).Mode);
    }
}
