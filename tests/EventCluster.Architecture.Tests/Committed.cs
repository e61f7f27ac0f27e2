using Xunit;

namespace EventCluster.Architecture.Tests;

/// <summary>Compares generated text with a committed file, or writes the file when asked to.</summary>
internal static class Committed
{
    /// <summary>Set to 1 to write the files instead of comparing.</summary>
    public const string Switch = "EVENTCLUSTER_REGENERATE";

    public static void AssertSame(string path, string generated)
    {
        var file = Path.Combine(Repository.Root, path);
        if (Environment.GetEnvironmentVariable(Switch) == "1")
        {
            File.WriteAllText(file, generated);
            return;
        }

        var committed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        var added = generated.Split('\n').Except(committed.Split('\n'));
        var removed = committed.Split('\n').Except(generated.Split('\n'));
        Assert.True(
            committed == generated,
            $"""
            {path} is not what the code says. If the change is meant, regenerate it and commit the difference:
              {Switch}=1 dotnet test tests/EventCluster.Architecture.Tests
            in the code only:
              {string.Join("\n  ", added)}
            in the file only:
              {string.Join("\n  ", removed)}
            """);
    }
}
