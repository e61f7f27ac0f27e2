using EventCluster.Hosting.Commands;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

/// <summary>What a second process says about the one that has the data folder open, in one line with exit code 2.</summary>
public sealed class LockedFolderTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("eventcluster-locked-");

    private string Control => Path.Combine(_data.FullName, "control.json");

    /// <inheritdoc />
    public void Dispose() => _data.Delete(recursive: true);

    [Theory]
    [InlineData("--data", "DATA", "--urls", "http://127.0.0.1:0")]
    [InlineData("--salvage", "DATA", "TO")]
    public async Task Start_OnAFolderInUse_NamesProcessAndAddress(params string[] arguments)
    {
        await using var server = await RunningServer.StartAsync("--data", _data.FullName);

        var line = await RefusalOfAsync(arguments);

        Assert.Contains(_data.FullName, line, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}, which listens at {server.Url.ToString().TrimEnd('/')}.", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "left no control.json that can be read")]
    [InlineData("", "left no control.json that can be read")]
    [InlineData("{\"Url\":\"http://127.0.0.1:1\"", "left no control.json that can be read")]
    [InlineData("{\"Url\":\"http://127.0.0.1:1\",\"Token\":\"t\",\"Certificate\":null}", "left no control.json that can be read")]
    [InlineData(
        "{\"Url\":\"http://127.0.0.1:1\",\"Token\":\"t\",\"Certificate\":null,\"ProcessId\":2147483646}",
        "names process 2147483646 at http://127.0.0.1:1, which does not run here")]
    public async Task Start_WhenTheControlFileSaysOtherwise_SaysWhatIsKnown(string? control, string words)
    {
        await using var server = await RunningServer.StartAsync("--data", _data.FullName);
        File.Delete(Control);
        if (control is not null)
        {
            await File.WriteAllTextAsync(Control, control, TestContext.Current.CancellationToken);
        }

        Assert.Contains(words, await RefusalOfAsync("--data", "DATA", "--urls", "http://127.0.0.1:0"), StringComparison.Ordinal);
    }

    private async Task<string> RefusalOfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var to = Path.Combine(_data.FullName, "..", $"{_data.Name}-to");
        var exit = await ServerCommand.RunAsync(
            [.. arguments.Select(argument => argument == "DATA" ? _data.FullName : argument == "TO" ? to : argument)],
            new Terminal(output, error),
            TestContext.Current.CancellationToken);

        Assert.Equal(2, exit);
        return Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
